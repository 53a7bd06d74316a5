import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReceiveBuffer } from '../../src/tcp/receive-buffer.ts';
import { add, distance } from '../../src/tcp/seq.ts';

const START = -10;
const octet = (at: number) => (at * 7 + (at >> 8)) & 255;
const textAt = (from: number, length: number) => Uint8Array.from({ length }, (_, i) => octet(from + i));
const blocks = (buffer: ReceiveBuffer, most = 4) =>
  buffer.sackBlocks(most).map(({ start, end }) => [distance(START, start), distance(START, end)]);

function bufferWith(...starts: number[]): ReceiveBuffer {
  const buffer = new ReceiveBuffer(START);
  for (const start of starts) buffer.put(add(START, start), textAt(start, 5));
  return buffer;
}

test('agrees with a set of octets, in whatever order pieces come and are read', () => {
  const pieces = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 60 }), fc.nat(80)), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(pieces, (list) => {
      const buffer = new ReceiveBuffer(START);
      const have = new Set<number>();
      const got: number[] = [];
      let next = 0;
      for (const [offset, length, readable] of list) {
        const from = Math.max(offset, next);
        if (from >= offset + length) continue;
        const before = next;
        const grown = buffer.put(add(START, from), textAt(from, offset + length - from));
        for (let i = from; i < offset + length; i++) have.add(i);
        while (have.has(next)) next++;
        assert.equal(grown, next - before);
        const text = readable > 0 ? buffer.read(readable) : undefined;
        if (text) got.push(...text);
        assert.equal(buffer.readable, next - got.length);
        const ahead = buffer.ranges.reduce((sum, range) => sum + distance(range.start, range.end), 0);
        assert.equal(ahead, [...have].filter((i) => i >= next).length);
      }
      for (let text = buffer.read(999); text; text = buffer.read(999)) got.push(...text);
      assert.deepEqual(got, [...textAt(0, next)]);
      assert.equal(buffer.empty, buffer.ranges.length === 0);
    }),
  );
});

test('10,000 one-octet segments out of order: a bounded number of gaps, in little time (hazard 41)', () => {
  const buffer = new ReceiveBuffer(START);
  const kept = Array.from({ length: 10_000 }, (_, i) => 2 * (10_000 - i)).filter(
    (at) => buffer.put(add(START, at), textAt(at, 1)) !== undefined,
  );
  assert.equal(kept.length, 128);
  assert.equal(buffer.ranges.length, 128);
  assert.equal(buffer.put(START, textAt(0, 20_001)), 20_001);
  assert.equal(buffer.ranges.length, 0);
});

test('once gaps are as many as are kept, text that fills or joins one is still taken', () => {
  const buffer = bufferWith(...Array.from({ length: 128 }, (_, i) => 10 + 10 * i));
  assert.equal(buffer.put(add(START, 5000), textAt(5000, 1)), undefined);
  assert.equal(buffer.put(add(START, 15), textAt(15, 5)), 0);
  assert.equal(buffer.ranges.length, 127);
  assert.equal(buffer.put(add(START, 5000), textAt(5000, 1)), 0);
  assert.equal(buffer.put(START, textAt(0, 10)), 25);
});

test('SACK blocks come in the order in which they changed last (RFC 2018 §4)', () => {
  const buffer = bufferWith(10, 30, 50);
  assert.deepEqual(blocks(buffer), [
    [50, 55],
    [30, 35],
    [10, 15],
  ]);
  buffer.put(add(START, 35), textAt(35, 5));
  assert.deepEqual(blocks(buffer), [
    [30, 40],
    [50, 55],
    [10, 15],
  ]);
  assert.deepEqual(blocks(buffer, 2), [
    [30, 40],
    [50, 55],
  ]);
});

test('ranges that touch or overlap become one', () => {
  const buffer = bufferWith(10, 30, 20, 15, 25);
  assert.deepEqual(blocks(buffer), [[10, 35]]);
});

test('a FIN ahead of a gap keeps the buffer, and one inside what is known to follow is none', () => {
  const buffer = bufferWith(10);
  buffer.noteFin(add(START, 12));
  assert.equal(buffer.finSeq, undefined);
  buffer.noteFin(add(START, 15));
  buffer.noteFin(add(START, 99));
  assert.equal(buffer.finSeq, add(START, 15));
  buffer.put(START, textAt(0, 10));
  buffer.read(99);
  assert.equal(buffer.empty, false);
  buffer.endHere();
  assert.equal(buffer.empty, true);
});

test('text that was read stays as it is when more arrives', () => {
  const buffer = bufferWith(0, 10);
  const text = buffer.read(99)!;
  buffer.put(add(START, 5), new Uint8Array(5).fill(99));
  assert.deepEqual([...text], [...textAt(0, 5)]);
});
