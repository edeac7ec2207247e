#!/usr/bin/python3
"""Makes a torrent of PATH as libtorrent does and prints its infohashes: infohashes.py PATH FORMAT PIECE_BYTES"""
import os
import sys

import libtorrent as lt

path, mode, piece = sys.argv[1], sys.argv[2], int(sys.argv[3])
flags = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}[mode]
storage = lt.file_storage()
name = os.path.basename(path)
if os.path.isfile(path):
    storage.add_file(name, os.path.getsize(path))
else:
    files = []
    for folder, _, names in os.walk(path):
        files += [os.path.relpath(os.path.join(folder, n), path) for n in names]
    for file in sorted(files, key=lambda f: [c.encode() for c in f.split("/")]):
        storage.add_file(os.path.join(name, file), os.path.getsize(os.path.join(path, file)))
torrent = lt.create_torrent(storage, piece, flags)
lt.set_piece_hashes(torrent, os.path.dirname(path))
hashes = lt.torrent_info(lt.bdecode(lt.bencode(torrent.generate()))).info_hashes()
print(hashes.v1 if hashes.has_v1() else "-", hashes.v2 if hashes.has_v2() else "-")
