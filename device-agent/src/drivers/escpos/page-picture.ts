/** What a simulated printer printed, as a PNG file for people. Source: PNG specification, 11.2 and 13.9 (one bit a dot, 0 is black). */
import { crc32, deflateSync } from 'node:zlib';

/** Rows of 0 (paper) and 1 (ink), all of one length. `scale`: of each dot, so that the eye sees them. */
export function pngOf(rows: readonly Uint8Array[], scale = 1): Uint8Array {
  const width = rows[0]?.length ?? 1;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width * scale, 0);
  head.writeUInt32BE(Math.max(1, rows.length) * scale, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const lines = (rows.length === 0 ? [new Uint8Array(width)] : rows).flatMap((row) => {
    const line = Buffer.alloc(1 + Math.ceil((width * scale) / 8), 0xff);
    line[0] = 0;
    for (let x = 0; x < width * scale; x += 1) if (row[Math.floor(x / scale)] === 1) line[1 + (x >> 3)]! &= ~(0x80 >> (x & 7));
    return new Array<Buffer>(scale).fill(line);
  });
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(lines))), chunk('IEND', new Uint8Array())]);
}

function chunk(name: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(body.length, 0);
  whole.set(named, 4);
  whole.writeUInt32BE(crc32(named), named.length + 4);
  return whole;
}
