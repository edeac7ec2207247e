"""A small DHT of stock libtorrent nodes, one a port, that know each other by the first. Prints their counts of nodes and peers as JSON lines, and
ends when its standard input closes."""
import argparse
import json
import select
import sys

import libtorrent as lt


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--address", required=True)
    args.add_argument("--first-port", type=int, required=True)
    args.add_argument("--count", type=int, required=True)
    a = args.parse_args()

    sessions = [lt.session({
        "listen_interfaces": f"{a.address}:{a.first_port + i}",
        "enable_dht": True, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "dht_bootstrap_nodes": f"{a.address}:{a.first_port}" if i else "",
        # All of them live at one address, which no real DHT would stand; what comes from one address more than five times a second is blocked for five minutes.
        "dht_restrict_routing_ips": False, "dht_restrict_search_ips": False, "dht_prefer_verified_node_ids": False, "dht_block_ratelimit": 1_000,
        "dht_upload_rate_limit": 1_000_000,
        "alert_mask": 0,
    }) for i in range(a.count)]
    # By itself a node takes in another every five seconds.
    for i, s in enumerate(sessions):
        for j in range(a.count):
            if i != j:
                s.add_dht_node((a.address, a.first_port + j))
    while True:
        status = [s.status() for s in sessions]
        print(json.dumps({"ready": True, "nodes": [s.dht_nodes for s in status], "torrents": sum(s.dht_torrents for s in status)}), flush=True)
        readable, _, _ = select.select([sys.stdin], [], [], 0.25)
        if readable and not sys.stdin.readline():
            return


main()
