import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newBytes } from '../../src/wire/bytes.ts';

test('new bytes are as many as asked for, zero, and nobody else’s', () => {
  const pieces = Array.from({ length: 300 }, (_, i) => newBytes((i * 97) % 2100));
  for (const [i, piece] of pieces.entries()) {
    assert.equal(piece.length, (i * 97) % 2100);
    assert.ok(piece.every((byte) => byte === 0));
    piece.fill(i + 1);
  }
  for (const [i, piece] of pieces.entries()) assert.ok(piece.every((byte) => byte === ((i + 1) & 255)));
});
