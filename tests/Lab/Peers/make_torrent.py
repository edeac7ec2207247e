"""Writes a torrent of one file with libtorrent, the same bytes for the same input; prints its hashes as one JSON line."""
import argparse
import json
import os

import libtorrent as lt

KINDS = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("file")
    args.add_argument("torrent")
    args.add_argument("--piece-bytes", type=int, default=256 * 1024)
    args.add_argument("--kind", choices=KINDS, default="hybrid")
    args.add_argument("--tracker")
    args.add_argument("--web-seed")
    args.add_argument("--dht-node", help="ADDRESS:PORT that the file names (BEP 5)")
    args.add_argument("--private", action="store_true")
    a = args.parse_args()

    storage = lt.file_storage()
    lt.add_files(storage, a.file)
    creator = lt.create_torrent(storage, a.piece_bytes, KINDS[a.kind])
    if a.tracker:
        creator.add_tracker(a.tracker)
    if a.web_seed:
        creator.add_url_seed(a.web_seed)
    if a.dht_node:
        address, port = a.dht_node.rsplit(":", 1)
        creator.add_node(address, int(port))
    creator.set_priv(a.private)
    lt.set_piece_hashes(creator, os.path.dirname(os.path.abspath(a.file)))
    tree = creator.generate()
    tree.pop(b"creation date", None)
    with open(a.torrent, "wb") as out:
        out.write(lt.bencode(tree))

    hashes = lt.torrent_info(a.torrent).info_hashes()
    print(json.dumps({
        "v1": hashes.v1.to_bytes().hex() if hashes.has_v1() else None,
        "v2": hashes.v2.to_bytes().hex() if hashes.has_v2() else None,
    }))


main()
