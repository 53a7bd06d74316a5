import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sipHash } from '../../src/tcp/siphash.ts';

/** From 00 01 02 … on, as little-endian words. */
const counting = (words: number) =>
  Array.from(new Int32Array(Uint8Array.from({ length: 4 * words }, (_, i) => i).buffer));
const KEY = Int32Array.from(counting(4));

// biome-ignore format: a row a line
const VECTORS: [words: number, hash: number][] = [
  [0, 0xdd0e0e31],
  [1, 0x277187b7],
  [2, 0x9a932462],
  [3, 0x860ee5fb],
  [5, 0x1aa2ee98],
];
for (const [words, hash] of VECTORS) {
  test(`SipHash-2-4 of ${4 * words} bytes is as its authors have it`, () => {
    assert.equal(sipHash(KEY, counting(words)), hash | 0);
  });
}
