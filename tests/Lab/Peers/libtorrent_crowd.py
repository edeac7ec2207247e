"""Stock libtorrent peers, one for each machine of the lab's network, in one process: a session lives in the namespace in which it was made. It waits for
one line, a magnet, gives it to all of them, and prints the counters of each as JSON lines until its standard input closes."""
import argparse
import ctypes
import json
import os
import select
import sys
import time

import libtorrent as lt

from libtorrent_seed import session

NEW_NETWORK = 0x40000000  # CLONE_NEWNET


def enter(path):
    descriptor = os.open(path, os.O_RDONLY)
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), path)
    os.close(descriptor)


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--peer", action="append", required=True, help="NAMESPACE,ADDRESS:PORT,FOLDER")
    a = args.parse_args()
    peers = [peer.split(",", 2) for peer in a.peer]
    sessions = []
    for namespace, listen, _ in peers:
        enter(namespace)
        sessions.append(session(listen, 0, "", False))
    print(json.dumps({"ready": True}), flush=True)

    magnet = sys.stdin.readline().strip()
    started = time.monotonic()
    handles = []
    for s, (_, _, folder) in zip(sessions, peers):
        params = lt.parse_magnet_uri(magnet)
        params.save_path = folder
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        handles.append(s.add_torrent(params))
    done = [None] * len(handles)
    while True:
        states = [handle.status() for handle in handles]
        for i, state in enumerate(states):
            if done[i] is None and state.is_seeding:
                done[i] = round(time.monotonic() - started, 3)
        print(json.dumps([{
            "seconds": seconds,
            "upload_payload_bytes": state.total_payload_upload,
            "download_payload_bytes": state.total_payload_download,
            "redundant_bytes": state.total_redundant_bytes,
            "hash_failed_bytes": state.total_failed_bytes,
            "peers": state.num_peers,
        } for seconds, state in zip(done, states)]), flush=True)
        readable, _, _ = select.select([sys.stdin], [], [], 0.5)
        if readable and not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
