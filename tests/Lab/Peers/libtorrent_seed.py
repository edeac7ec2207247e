"""A stock libtorrent peer. It checks its files as a user's client does (never seed mode), prints its own counters as JSON
lines, and ends when its standard input closes."""
import argparse
import json
import select
import sys
import time

import libtorrent as lt

# Each time is a search of the DHT for each hash, and nodes block who asks more than five times a second.
ANNOUNCE_SECONDS = 2


def session(listen, upload_bytes_per_second, dht_router, lsd):
    s = lt.session({
        "listen_interfaces": listen,
        "outgoing_interfaces": listen.split(":")[0],
        "enable_dht": bool(dht_router), "dht_bootstrap_nodes": dht_router,
        # A lab has few addresses, and none that a checksum could tell apart.
        "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False, "dht_prefer_verified_node_ids": False,
        "dht_block_ratelimit": 1_000, "dht_upload_rate_limit": 1_000_000,
        "enable_lsd": lsd, "enable_upnp": False, "enable_natpmp": False,
        # TCP only: counters and limits mean the same on every connection.
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "allow_multiple_connections_per_ip": True,
        "announce_to_all_trackers": True,
        "rate_limit_ip_overhead": False,
        "upload_rate_limit": upload_bytes_per_second,
        "close_redundant_connections": False,
        "alert_mask": 0,
    })
    # Loopback falls in the class of local peers, which has no rate limit and no unchoke slots: one class for everyone.
    everyone = lt.ip_filter()
    everyone.add_rule("0.0.0.0", "255.255.255.255", 1 << lt.session.global_peer_class_id)
    s.set_peer_class_filter(everyone)
    return s


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--listen", required=True, help="ADDRESS:PORT")
    args.add_argument("--directory", required=True)
    args.add_argument("--upload-bytes-per-second", type=int, default=0, help="0: unlimited")
    args.add_argument("--peer", action="append", default=[], help="ADDRESS:PORT to dial")
    args.add_argument("--dht-router", default="", help="ADDRESS:PORT by which to enter a DHT; none: no DHT")
    args.add_argument("--lsd", action="store_true", help="look for peers in the local network")
    args.add_argument("--leech", action="store_true")
    args.add_argument("torrents", nargs="+")
    a = args.parse_args()

    s = session(a.listen, a.upload_bytes_per_second, a.dht_router, a.lsd)
    handles = []
    for path in a.torrents:
        if path.startswith("magnet:"):
            params = lt.parse_magnet_uri(path)
        else:
            params = lt.add_torrent_params()
            params.ti = lt.torrent_info(path)
        params.save_path = a.directory
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        handles.append(s.add_torrent(params))
    for handle in handles:
        for peer in a.peer:
            address, port = peer.rsplit(":", 1)
            handle.connect_peer((address, int(port)))

    ready = False
    started = time.monotonic()
    announced = started - ANNOUNCE_SECONDS
    while True:
        states = [h.status() for h in handles]
        if a.dht_router and time.monotonic() - announced >= ANNOUNCE_SECONDS:
            announced = time.monotonic()
            # By itself it announces once, before its table has nodes, and again after a quarter of an hour.
            for handle in handles:
                handle.force_dht_announce()
        seeding = all(state.is_seeding for state in states)
        if not ready and (a.leech or seeding):
            ready = True
            print(json.dumps({"ready": True, "port": s.listen_port()}), flush=True)
        print(json.dumps({
            "upload_payload_bytes": sum(state.total_payload_upload for state in states),
            "download_payload_bytes": sum(state.total_payload_download for state in states),
            "hash_failed_bytes": sum(state.total_failed_bytes for state in states),
            "peers": sum(state.num_peers for state in states),
            "seeding": seeding,
            "elapsed_seconds": round(time.monotonic() - started, 3),
        }), flush=True)
        readable, _, _ = select.select([sys.stdin], [], [], 0.1 if not ready else 0.25)
        if readable and not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
