// A folder as a ZIP file (APPNOTE 6.3.10, §4.3), the same bytes on every computer: names in order, no times.
import { readFile, readdir } from "node:fs/promises";
import { crc32, deflateRawSync } from "node:zlib";

/** 1980-01-01, the earliest there is: a package is told by its content. */
const DATE = 0x21;
const UTF8_NAMES = 0x800;
const DEFLATED = 8;

function record(size, signature, fields) {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt32LE(signature, 0);
  for (const [offset, width, value] of fields) {
    bytes.writeUIntLE(value, offset, width);
  }
  return bytes;
}

export async function zip(folder) {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(folder.length + 1))
    .sort();
  const bodies = [];
  const directory = [];
  let offset = 0;
  for (const name of names) {
    const data = await readFile(`${folder}/${name}`);
    const packed = deflateRawSync(data, { level: 9 });
    const path = Buffer.from(name, "utf8");
    // Version needed, flags, method, time, date, CRC, both sizes, length of the name: the same in both records, two bytes further on in the second.
    const about = shift => [[4, 2, 20], [6, 2, UTF8_NAMES], [8, 2, DEFLATED], [12, 2, DATE], [14, 4, crc32(data)], [18, 4, packed.length], [22, 4, data.length], [26, 2, path.length]]
      .map(([at, width, value]) => [at + shift, width, value]);
    const local = record(30, 0x04034b50, about(0));
    directory.push(record(46, 0x02014b50, [[4, 2, 20], ...about(2), [42, 4, offset]]), path);
    bodies.push(local, path, packed);
    offset += local.length + path.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const end = record(22, 0x06054b50, [[8, 2, names.length], [10, 2, names.length], [12, 4, listing.length], [16, 4, offset]]);
  return Buffer.concat([...bodies, listing, end]);
}
