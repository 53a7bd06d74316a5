import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ring } from '../../src/tcp/ring.ts';

const steps = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 700 }), fc.nat(900)), {
  maxLength: 30,
});

test('what was placed is copied back, wherever the circle closes', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const ring = new Ring();
      let model: number[] = [];
      for (const [bytes, most] of list) {
        ring.place(model.length, bytes);
        model.push(...bytes);
        const count = Math.min(most, model.length);
        const copied = new Uint8Array(count + 2);
        ring.copy(model.length - count, count, copied, 1);
        assert.deepEqual([...copied], [0, ...model.slice(model.length - count), 0]);
        ring.consume(count);
        model = model.slice(count);
      }
    }),
  );
});

test('peek gives the oldest bytes in pieces', () => {
  fc.assert(
    fc.property(steps, (list) => {
      const ring = new Ring();
      const [placed, peeked]: number[][] = [[], []];
      for (const [bytes, most] of list) {
        ring.place(placed!.length - peeked!.length, bytes);
        placed!.push(...bytes);
        const piece = ring.peek(Math.min(most, placed!.length - peeked!.length));
        peeked!.push(...piece);
        ring.consume(piece.length);
      }
      assert.deepEqual(peeked, placed!.slice(0, peeked!.length));
    }),
  );
});

test('bytes placed ahead of a gap are there once the gap is filled', () => {
  const ring = new Ring();
  ring.place(300, Uint8Array.of(3, 4));
  ring.place(0, new Uint8Array(300).fill(1));
  const bytes = new Uint8Array(302);
  ring.copy(0, 302, bytes, 0);
  assert.deepEqual([...bytes.subarray(298)], [1, 1, 3, 4]);
});
