#!/usr/bin/python3
"""Asks a libtorrent seed of `many-hybrid` for hashes and writes what it answers to hash-answers.txt (see README.md). Run it in this folder."""
import os
import socket
import struct
import tempfile
import time

import libtorrent as lt

from make import CASES, content

# base layer, index, length, proof layers
ASKED = [
    (0, 0, 4, 0), (0, 8, 4, 0), (0, 64, 4, 0), (0, 0, 64, 0), (0, 0, 128, 0), (0, 0, 2, 1), (0, 6, 2, 1), (0, 0, 2, 6), (0, 62, 2, 6),
    (0, 64, 2, 6), (0, 16, 16, 6), (0, 0, 4, 6), (0, 64, 64, 6), (2, 0, 32, 0), (2, 16, 4, 4), (2, 0, 16, 4),
]

piece, [(path, length)] = CASES["many"]
with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, path), "wb") as f:
        f.write(content(length, length))
    info = lt.torrent_info("many-hybrid.torrent")
    session = lt.session({"listen_interfaces": "127.0.0.2:0", "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False})
    parameters = lt.add_torrent_params()
    parameters.ti = info
    parameters.save_path = folder
    handle = session.add_torrent(parameters)
    while not handle.status().is_seeding:
        time.sleep(0.1)
    time.sleep(1)
    peer = socket.create_connection(("127.0.0.2", session.listen_port()), 5)
    peer.settimeout(10)
    reserved = bytes([0, 0, 0, 0, 0, 0x10, 0, 0x14])
    peer.sendall(b"\x13BitTorrent protocol" + reserved + info.info_hashes().v2.to_bytes()[:20] + b"-XX0001-abcdefghijkl")

    def read(count):
        got = b""
        while len(got) < count:
            more = peer.recv(count - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    read(68)
    root = info.files().root(0).to_bytes()
    with open("hash-answers.txt", "w") as out:
        for asked in ASKED:
            peer.sendall(struct.pack(">IB", 49, 21) + root + struct.pack(">IIII", *asked))
            while True:
                size = struct.unpack(">I", read(4))[0]
                message = read(size)
                if size and message[0] in (22, 23):
                    break
            hashes = [message[49 + i:81 + i].hex() for i in range(0, len(message) - 49, 32)]
            line = " ".join(map(str, asked)) + (" : " if message[0] == 22 else " reject ") + " ".join(hashes)
            out.write(line.rstrip() + "\n")
