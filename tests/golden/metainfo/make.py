#!/usr/bin/python3
"""Makes the golden .torrent files with libtorrent, from contents that a formula gives (see README.md). Run it in this folder."""
import os
import struct
import tempfile

import libtorrent as lt

MASK = (1 << 64) - 1


def splitmix(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def content(seed, length):
    words = splitmix(seed)
    return b"".join(struct.pack("<Q", next(words)) for _ in range((length + 7) // 8))[:length]


# name: (piece length, [(path, length)]); the seed of a file's content is its length
CASES = {
    "one-block": (32768, [("one-block", 16384)]),
    "exact-piece": (65536, [("exact-piece", 65536)]),
    "odd": (32768, [("odd", 100001)]),
    "many": (65536, [("many", 1060217)]),
    "folder": (32768, [
        ("folder/a/deep/x.bin", 70000), ("folder/a/twin", 40000), ("folder/a.bin", 40000), ("folder/b-empty", 0),
        ("folder/c-block", 16384), ("folder/d-piece", 32768), ("folder/e-odd", 5), ("folder/f-empty", 0),
        ("folder/g-last", 98305), ("folder/\u00e9t\u00e9.txt", 1)]),
}
MODES = {"v1": lt.create_torrent.v1_only, "v2": lt.create_torrent.v2_only, "hybrid": 0}


def main():
    for name, (piece, files) in CASES.items():
        for mode, flag in MODES.items():
            storage = lt.file_storage()
            for path, length in files:
                storage.add_file(path, length)
            torrent = lt.create_torrent(storage, piece, flag)
            with tempfile.TemporaryDirectory() as folder:
                for path, length in files:
                    full = os.path.join(folder, path)
                    os.makedirs(os.path.dirname(full), exist_ok=True)
                    with open(full, "wb") as f:
                        f.write(content(length, length))
                lt.set_piece_hashes(torrent, folder)
            torrent.set_creator("")
            if name == "folder":
                torrent.add_tracker("http://tracker.example/announce", 0)
                torrent.add_tracker("udp://tracker.example:6969/announce", 0)
                torrent.add_tracker("http://backup.example/announce", 1)
                torrent.add_url_seed("https://files.example/pub/")
                torrent.add_url_seed("http://mirror.example/pub/")
            if name == "odd":
                torrent.add_tracker("http://tracker.example/announce", 0)
                torrent.add_url_seed("https://files.example/odd")
                torrent.set_priv(True)
            made = torrent.generate()
            made.pop(b"creation date", None)
            encoded = lt.bencode(made)
            with open(f"{name}-{mode}.torrent", "wb") as f:
                f.write(encoded)
            hashes = lt.torrent_info(lt.bdecode(encoded)).info_hashes()
            print(f"{name}-{mode}", hashes.v1 if hashes.has_v1() else "-", hashes.v2 if hashes.has_v2() else "-")


if __name__ == "__main__":
    main()
