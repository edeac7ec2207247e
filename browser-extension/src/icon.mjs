// The icon, drawn by the build in each size browsers ask for: three peers around a play mark. PNG, since Chromium takes no SVG here.
import { crc32, deflateSync } from "node:zlib";

const GREEN = [0x1e, 0x6b, 0x3a];
const WHITE = [0xff, 0xff, 0xff];
const PEERS = [[0.5, 0.16], [0.2, 0.72], [0.8, 0.72]];

/** Colour and opacity at a point of the unit square. */
function at(x, y) {
  if (PEERS.some(([px, py]) => Math.hypot(x - px, y - py) < 0.13)) {
    return [...GREEN, 255];
  }
  const inTriangle = x > 0.42 && x < 0.64 && Math.abs(y - 0.52) < (0.64 - x) * 0.62;
  return inTriangle ? [...WHITE, 255] : Math.hypot(x - 0.5, y - 0.52) < 0.3 ? [...GREEN, 255] : [0, 0, 0, 0];
}

/** Sixteen samples a pixel, so that edges are smooth at 16 pixels too. */
function pixel(px, py, size) {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < 16; i++) {
    const [r, g, b, a] = at((px + ((i % 4) + 0.5) / 4) / size, (py + ((i >> 2) + 0.5) / 4) / size);
    sum[0] += r * a; sum[1] += g * a; sum[2] += b * a; sum[3] += a;
  }
  return sum[3] === 0 ? [0, 0, 0, 0] : [...sum.slice(0, 3).map(c => Math.round(c / sum[3])), Math.round(sum[3] / 16)];
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** A PNG of size × size pixels (RFC 2083: signature, IHDR, IDAT, IEND; 8 bits, RGBA, no filter). */
export function iconPng(size) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = [];
  for (let y = 0; y < size; y++) {
    rows.push(0, ...Array.from({ length: size }, (_, x) => pixel(x, y, size)).flat());
  }
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.from(rows))), chunk("IEND", Buffer.alloc(0))]);
}
