// A stock WebTorrent over TCP: FILE.torrent|MAGNET FOLDER PORT. Prints its own counters as JSON lines, ends when its standard input closes.
import WebTorrent from 'webtorrent'

const [what, folder, port] = process.argv.slice(2)
// TCP only: it tries uTP first and falls back after 21 s.
const client = new WebTorrent({ utp: false, dht: false, lsd: false, torrentPort: Number(port) })
const torrent = client.add(what, { path: folder })
let failed = 0
client.on('error', error => { console.error(error); process.exit(1) })
torrent.on('warning', warning => { if (String(warning).includes('hash')) failed++ })
client.on('listening', () => console.log(JSON.stringify({ ready: true })))
setInterval(() => console.log(JSON.stringify({
  upload_payload_bytes: torrent.uploaded, download_payload_bytes: torrent.downloaded, hash_failed_bytes: failed,
  peers: torrent.numPeers, seeding: torrent.done
})), 250)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
