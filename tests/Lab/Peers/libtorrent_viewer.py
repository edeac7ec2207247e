"""A stock libtorrent viewer: deadlines for what plays next, the origin as its web seed, and a player on a byte clock that starts and
resumes with two seconds of media. Prints one JSON line when it has played, or when the time is over."""
import argparse
import json
import time

import libtorrent as lt


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--listen", required=True, help="ADDRESS:PORT")
    args.add_argument("--directory", required=True)
    args.add_argument("--bytes-per-second", type=float, required=True)
    args.add_argument("--play-seconds", type=float, required=True)
    args.add_argument("--limit-seconds", type=float, required=True)
    args.add_argument("--web-seed", required=True)
    args.add_argument("torrent")
    a = args.parse_args()

    s = lt.session({
        "listen_interfaces": a.listen,
        "outgoing_interfaces": a.listen.split(":")[0],
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
        "enable_incoming_utp": False, "enable_outgoing_utp": False,
        "announce_to_all_trackers": True,
        # Small web seed requests stall least (measured): the default asks for up to 16 MiB.
        "urlseed_max_request_bytes": 256 * 1024, "urlseed_pipeline_size": 2,
        "alert_mask": 0,
    })
    everyone = lt.ip_filter()
    everyone.add_rule("0.0.0.0", "255.255.255.255", 1 << lt.session.global_peer_class_id)
    s.set_peer_class_filter(everyone)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(a.torrent)
    params.save_path = a.directory
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    handle = s.add_torrent(params)
    handle.add_url_seed(a.web_seed)
    pieces, piece_bytes = params.ti.num_pieces(), params.ti.piece_length()
    for piece in range(pieces):
        handle.set_piece_deadline(piece, int(1000 * piece * piece_bytes / a.bytes_per_second))
    print(json.dumps({"ready": True}), flush=True)

    began = time.monotonic()
    need = 2 * a.bytes_per_second
    held = next_piece = 0
    playhead = stalled = 0.0
    startup = None
    playing = False
    last = began
    while playhead < a.play_seconds * a.bytes_per_second and time.monotonic() - began < a.limit_seconds:
        time.sleep(0.02)
        now = time.monotonic()
        while next_piece < pieces and handle.have_piece(next_piece):
            next_piece += 1
            held = next_piece * piece_bytes
        if playing:
            step = (now - last) * a.bytes_per_second
            playhead += min(step, held - playhead)
            if held <= playhead and next_piece < pieces:
                playing = False
        elif startup is not None:
            stalled += now - last
        if not playing and (held - playhead >= need or next_piece == pieces):
            playing = True
            startup = startup if startup is not None else now - began
        last = now
    status = handle.status()
    print(json.dumps({
        "startup_seconds": startup if startup is not None else a.limit_seconds,
        "stalled_seconds": stalled if startup is not None else a.limit_seconds,
        "played_seconds": playhead / a.bytes_per_second,
        "peer_bytes": status.total_payload_download,
        "upload_payload_bytes": status.total_payload_upload,
    }), flush=True)
    # It stays for the others until it is ended, as a viewer who watches on.
    while True:
        time.sleep(1)


main()
