"""A stock libtorrent seed: writes a file, makes a torrent of it, checks it, says one line of JSON and seeds until stdin closes.

Arguments: folder, kind (hybrid | v2 | v1), file bytes, piece bytes, address to listen on, upload slots.
"""
import hashlib
import json
import random
import sys
import time

import libtorrent as lt

folder, kind, size, piece, address = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
data = random.Random(20).randbytes(size)
with open(folder + '/f.bin', 'wb') as out:
    out.write(data)

files = lt.file_storage()
lt.add_files(files, folder + '/f.bin')
create = lt.create_torrent
torrent = lt.create_torrent(files, piece, {'hybrid': 0, 'v2': create.v2_only, 'v1': create.v1_only}[kind])
lt.set_piece_hashes(torrent, folder)
info = lt.torrent_info(lt.bdecode(lt.bencode(torrent.generate())))

session = lt.session({
    'listen_interfaces': address + ':0',
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'unchoke_slots_limit': int(sys.argv[6]),
    'allow_multiple_connections_per_ip': True,
    'alert_mask': lt.alert.category_t.peer_notification | lt.alert.category_t.error_notification | lt.alert.category_t.connect_notification,
})
# Peers on private addresses fall into a class without upload slots unless the filter is cleared.
session.set_peer_class_filter(lt.ip_filter())
params = lt.add_torrent_params()
params.ti = info
params.save_path = folder
handle = session.add_torrent(params)
while not handle.status().is_seeding:
    time.sleep(0.05)

hashes = info.info_hashes()
root = info.files().root(0)
print(json.dumps({
    'version': lt.__version__,
    'port': session.listen_port(),
    'v1': hashes.v1.to_bytes().hex() if hashes.has_v1() else None,
    'v2': hashes.v2.to_bytes().hex() if hashes.has_v2() else None,
    'root': (root.to_bytes() if hasattr(root, 'to_bytes') else bytes(root)).hex() if hashes.has_v2() else None,
    'pieces': info.num_pieces(),
    'sha256': hashlib.sha256(data).hexdigest(),
}), flush=True)
sys.stdin.read()
for alert in session.pop_alerts():
    print(alert.message(), file=sys.stderr)
