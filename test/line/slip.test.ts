import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlipDecoder as PackageDecoder } from '@serialport/parser-slip-encoder';
import fc from 'fast-check';
import { LARGEST_FRAME, SlipDecoder, slipEncoder } from '../../src/line/slip.ts';

const END = 0xc0;
const ESC = 0xdb;

/** Decodes pieces; frames and refusals come out in order, as hex and as reasons. */
function decode(...pieces: Iterable<number>[]): string[] {
  const events: string[] = [];
  const decoder = new SlipDecoder(
    (frame) => events.push(Buffer.from(frame).toString('hex')),
    (reason) => void events.push(reason),
  );
  for (const piece of pieces) decoder.push(Uint8Array.from(piece));
  return events;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytes = (minLength = 1) => fc.uint8Array({ minLength, maxLength: 1500 });

//   bytes                                                 what comes of them             rule
const cases: [number[], string[], string][] = [
  [[1, 2, END], ['0102'], 'a frame'],
  [[1, 2], [], 'a frame that has not ended'],
  [[END, 1, END], ['01'], 'an END in front flushes nothing'],
  [[ESC, 0xdc, ESC, 0xdd, END], ['c0db'], 'escaped END and ESC'],
  [[0xdc, 0xdd, END], ['dcdd'], 'ESC_END and ESC_ESC are themselves without ESC'],
  [[END, END, END], [], 'empty frames are no event'],
  [[END, 0x60, END], ['60'], 'a tiny frame is for the layer above to judge'],
  [[ESC, END, 7, END], ['slip-escape', '07'], 'ESC END ends the frame, and the next one is whole'],
  [[9, ESC, END, 7, END], ['slip-escape', '07'], 'ESC END spoils what came before it in the frame'],
  [[9, ESC, 0x41, 8, END, 7, END], ['slip-escape', '07'], 'ESC before anything else spoils its frame'],
  [[ESC, ESC, 0xdc, END, 7, END], ['slip-escape', '07'], 'ESC ESC too, once a frame'],
  [[ESC, 1, ESC, END, 7, END], ['slip-escape', '07'], 'in a spoilt frame ESC means nothing'],
];

for (const [input, expected, rule] of cases) {
  test(`slip: ${rule}`, () => {
    assert.deepEqual(decode(input), expected);
    assert.deepEqual(decode(...input.map((byte) => [byte])), expected, 'byte by byte');
  });
}

test('slip: a megabyte without END costs bounded memory and one counted drop, and the next frame arrives', () => {
  const noise = new Uint8Array(1_000_000).fill(0x55);
  const before = process.memoryUsage().arrayBuffers;
  assert.deepEqual(decode(noise, [END], [1, 2, 3, END]), ['slip-oversize', '010203']);
  assert.ok(process.memoryUsage().arrayBuffers - before < 3_000_000);
});

test(`slip: a frame of ${LARGEST_FRAME} bytes is taken, one more byte is too much`, () => {
  assert.equal(decode(new Uint8Array(LARGEST_FRAME), [END])[0]?.length, 2 * LARGEST_FRAME);
  assert.deepEqual(decode(new Uint8Array(LARGEST_FRAME + 1), [END]), ['slip-oversize']);
});

test('slip: 1500 bytes that all need escapes survive', () => {
  for (const byte of [END, ESC]) {
    const datagram = new Uint8Array(1500).fill(byte);
    const frame = slipEncoder()(datagram, true);
    assert.equal(frame.length, 1 + 3000 + 1);
    assert.deepEqual(decode(frame), [hex(datagram)]);
  }
});

test('slip: frames split at every offset are the same frames', () => {
  const encode = slipEncoder();
  const datagrams = [Uint8Array.of(1, END, 2), Uint8Array.of(ESC), new Uint8Array(300).fill(END)];
  const stream = Buffer.concat(datagrams.map((datagram) => encode(datagram, false)));
  for (let at = 0; at <= stream.length; at++) {
    assert.deepEqual(decode(stream.subarray(0, at), stream.subarray(at)), datagrams.map(hex));
  }
});

test('slip: decode after encode is the identity, however the stream is cut', () => {
  const encode = slipEncoder();
  fc.assert(
    fc.property(fc.array(bytes(), { maxLength: 5 }), fc.integer({ min: 1, max: 400 }), (datagrams, size) => {
      const stream = Buffer.concat(datagrams.map((datagram, i) => encode(datagram, i % 2 === 0)));
      const pieces = [];
      for (let at = 0; at < stream.length; at += size) pieces.push(stream.subarray(at, at + size));
      assert.deepEqual(decode(...pieces), datagrams.map(hex));
    }),
  );
});

test('slip: the package this encoder comes from decodes the same frames', () => {
  const encode = slipEncoder();
  fc.assert(
    fc.property(bytes(), (datagram) => {
      const oracle = new PackageDecoder();
      oracle.write(encode(datagram, false));
      assert.deepEqual(Uint8Array.from(oracle.read()), datagram);
    }),
  );
});

test('slip: any bytes are decoded without throwing, and an END makes a fresh start', () => {
  fc.assert(
    fc.property(fc.array(bytes(0)), (noise) => {
      assert.equal(decode(...noise, [END], [1, 2, 3, END]).at(-1), '010203');
    }),
  );
});

test('slip: 200 bytes of noise before the first frame cost that noise alone, for an END goes in front', () => {
  const noise = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 190);
  const frames = decode(noise, slipEncoder()(Uint8Array.of(4, 5, 6), true));
  assert.equal(frames.length, 2);
  assert.equal(frames[1], '040506');
});

test('slip: decoding time grows linearly, in pieces of every size and in noise without END', () => {
  const frames = Buffer.concat(
    Array.from({ length: 700 }, () => slipEncoder()(new Uint8Array(1500).fill(1), false)),
  );
  const noise = new Uint8Array(frames.length).fill(1);
  for (const stream of [frames, noise]) {
    for (const size of [1, 7, 255, 65_536]) {
      const [small, large] = [stream.length / 10, stream.length].map((length) => {
        return Math.min(...[1, 2, 3].map(() => secondsToDecode(stream.subarray(0, length), size)));
      });
      assert.ok(large! < 40 * small! + 0.02, `pieces of ${size}: ${small} s, then ${large} s`);
    }
  }
});

function secondsToDecode(stream: Uint8Array, size: number): number {
  const decoder = new SlipDecoder(
    () => {},
    () => undefined,
  );
  const start = process.cpuUsage();
  for (let at = 0; at < stream.length; at += size) decoder.push(stream.subarray(at, at + size));
  return process.cpuUsage(start).user / 1e6;
}
