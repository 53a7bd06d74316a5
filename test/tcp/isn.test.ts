import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialSequenceNumber, KeyedHash } from '../../src/tcp/isn.ts';
import { before, distance } from '../../src/tcp/seq.ts';

const hash = new KeyedHash(new Uint8Array(32));
const TUPLE = [1, 80, 2, 5000] as const;

test('each address and port counts, and so does the secret (RFC 6528 §3, hazard 30)', () => {
  const other = new KeyedHash(new Uint8Array(32).fill(1));
  const numbers = [
    initialSequenceNumber(hash, 0, ...TUPLE),
    initialSequenceNumber(other, 0, ...TUPLE),
    ...TUPLE.map((_, i) => initialSequenceNumber(hash, 0, ...TUPLE.map((n, j) => (i === j ? n + 1 : n)))),
  ];
  assert.equal(new Set(numbers).size, 6);
  assert.equal(initialSequenceNumber(hash, 0, ...TUPLE), numbers[0], 'the same once more');
});

test('a tick is 4 µs, and later is later across the wrap (RFC 9293 §3.4.1)', () => {
  const at = (ms: number) => initialSequenceNumber(hash, ms, ...TUPLE);
  assert.equal(distance(at(0), at(1000)), 250_000);
  assert.equal(distance(at(0.001), at(0.005)), 1);
  for (let ms = 0; ms < 2 ** 32 / 250; ms += 99_999) assert.ok(before(at(ms), at(ms + 1)));
  assert.ok(before(at(2 ** 40), at(2 ** 40 + 1)));
});

test('numbers of neighbouring ports are spread over all 32 bits', () => {
  const high = Array.from(
    { length: 256 },
    (_, port) => initialSequenceNumber(hash, 0, 1, 80, 2, port) >>> 28,
  );
  assert.equal(new Set(high).size, 16);
});
