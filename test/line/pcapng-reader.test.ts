import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { captureLine } from '../../src/line/capture.ts';
import { fileHeader, INBOUND, OUTBOUND, packetBlock } from '../../src/line/pcapng.ts';
import { readCapture } from '../../src/line/pcapng-reader.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { VirtualClock } from '../../src/virtual-clock.ts';
import { packet } from '../support/vj.ts';
import { folder } from '../support/web.ts';

const TIME = 1_700_000_000_000.25;
const FIRST = packetBlock({
  bytes: packet({ text: 3 }),
  interface: 1,
  time: TIME,
  direction: INBOUND,
  comments: ['dropped: ip-checksum', 'grüße'],
});
const SECOND = packetBlock({
  bytes: packet({ text: 100 }),
  interface: 0,
  time: TIME + 1,
  direction: OUTBOUND,
  comments: [],
});
const HEADER = fileHeader(['one', 'another']);
const written = Buffer.concat([HEADER, FIRST, SECOND]);

test('what was captured is read back, with its time, direction and comments', async () => {
  const file = join(folder(), 'line.pcapng');
  const clock = new VirtualClock();
  const { a, b } = new VirtualLine({ clock });
  const line = captureLine(a, file, { now: () => TIME + clock.now() });
  line.onDatagram = () => line.remark('ip-checksum');
  line.send(packet({ text: 100 }));
  clock.advance(1000);
  b.send(packet({ text: 3 }));
  clock.advance(1000);
  await line.close();
  const [sent, received, ...rest] = readCapture(readFileSync(file));
  assert.deepEqual(sent, {
    bytes: packet({ text: 100 }),
    time: TIME,
    direction: 'out',
    interface: 0,
    comments: [],
  });
  assert.deepEqual(received!.bytes, packet({ text: 3 }));
  assert.deepEqual([received!.direction, received!.comments], ['in', ['dropped: ip-checksum']]);
  assert.ok(received!.time > TIME + 1000 && received!.time < TIME + 1010);
  assert.deepEqual(rest, []);
});

const skip =
  spawnSync('editcap', ['--version']).status === 0 ? false : 'editcap is not installed: it rewrites files';

test('what Wireshark has written over is read as well', { skip }, () => {
  const [from, to] = ['from', 'to'].map((name) => join(folder(), name));
  spawnSync('tee', [from!], { input: written });
  assert.equal(spawnSync('editcap', ['-F', 'pcapng', from!, to!]).status, 0);
  assert.deepEqual([...readCapture(readFileSync(to!))], [...readCapture(written)]);
});

test('a file of another byte order, or with finer stamps, says the same', () => {
  const big = Buffer.concat([
    block(0x0a0d0d0a, [0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, ...Array(8).fill(255)]),
    // Stamps in nanoseconds.
    block(1, [0, 228, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 9, 0, 0, 0]),
    block(6, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 7, 8, 0, 0]),
    block(6, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 4, 0, 0, 0, 2]),
  ]);
  const [first, second] = readCapture(big);
  assert.deepEqual([...first!.bytes], [7, 8]);
  assert.ok(Math.abs(first!.time - 2 ** 32 / 1e6) < 1e-6);
  assert.deepEqual([second!.bytes.length, second!.direction], [0, 'out']);
});

test('a file that is still being written is read as far as it goes', () => {
  const whole = [...readCapture(written)];
  const first = HEADER.length + FIRST.length;
  for (let length = HEADER.length; length < written.length; length++) {
    const read = [...readCapture(written.subarray(0, length))];
    assert.deepEqual(read, whole.slice(0, length < first ? 0 : 1), `${length} bytes`);
  }
});

test('what is no capture of IP datagrams is refused', () => {
  const ethernet = Buffer.from(written);
  ethernet.writeUInt16LE(1, 28 + 8);
  const tooLong = Buffer.from(written);
  tooLong.writeUInt32LE(1e6, HEADER.length + 20);
  for (const [file, message] of [
    [Buffer.from('GIF89a, and more of it'), /not a pcapng file/],
    [Buffer.alloc(100), /not a pcapng file/],
    [ethernet, /link type 1/],
    [tooLong, /damaged/],
  ] as const) {
    assert.throws(() => [...readCapture(file)], { name: 'RangeError', message });
  }
});

test('any bytes are read or refused, and end', () => {
  for (let at = 0; at < written.length; at++) {
    for (const value of [0, 1, 4, 0x7f, 0xff]) {
      const damaged = Buffer.from(written);
      damaged[at] = value;
      try {
        assert.ok([...readCapture(damaged)].length <= 2);
      } catch (error) {
        assert.ok(error instanceof RangeError && !/bounds/.test(error.message), `${at}: ${error}`);
      }
    }
  }
});

function block(type: number, body: number[]): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32BE(type, 0);
  bytes.writeUInt32BE(bytes.length, 4);
  bytes.set(body, 8);
  bytes.writeUInt32BE(bytes.length, bytes.length - 4);
  return bytes;
}
