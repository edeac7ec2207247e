// A stock WebTorrent viewer over TCP: the origin is its web seed, its own stream says what it needs next, and a player on a byte clock starts and
// resumes with two seconds of media: FILE.torrent FOLDER PORT BYTES_PER_SECOND PLAY_SECONDS LIMIT_SECONDS WEB_SEED. Prints one JSON line when it
// has played, or when the time is over, and stays for the others until its standard input closes.
import WebTorrent from 'webtorrent'

const [what, folder, port, ...rest] = process.argv.slice(2)
const [bytesPerSecond, playSeconds, limitSeconds] = rest.slice(0, 3).map(Number)
const webSeed = rest[3]
const now = () => performance.now() / 1000
// TCP only: it tries uTP first and falls back after 21 s.
const client = new WebTorrent({ utp: false, dht: false, lsd: false, torrentPort: Number(port) })
client.on('error', error => { console.error(error); process.exit(1) })
const began = now()
const torrent = client.add(what, { path: folder })
let held = 0
torrent.on('ready', () => {
  torrent.addWebSeed(webSeed)
  const stream = torrent.files[0].createReadStream()
  stream.on('data', data => { held += data.length })
  stream.on('error', error => { console.error(error); process.exit(1) })
})

const need = 2 * bytesPerSecond
let playhead = 0
let stalled = 0
let startup = null
let playing = false
let last = began
const clock = setInterval(() => {
  const at = now()
  const whole = torrent.ready && held >= torrent.length
  if (playing) {
    playhead += Math.min((at - last) * bytesPerSecond, held - playhead)
    if (held <= playhead && !whole) playing = false
  } else if (startup !== null) {
    stalled += at - last
  }
  if (!playing && (held - playhead >= need || whole)) {
    playing = true
    startup ??= at - began
  }
  last = at
  if (playhead >= playSeconds * bytesPerSecond || at - began >= limitSeconds) {
    clearInterval(clock)
    console.log(JSON.stringify({
      startup_seconds: startup ?? limitSeconds, stalled_seconds: startup === null ? limitSeconds : stalled, played_seconds: playhead / bytesPerSecond,
      upload_payload_bytes: torrent.uploaded
    }))
  }
}, 20)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
