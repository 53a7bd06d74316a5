import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { add, atMost, before, distance, earlier, later } from '../../src/tcp/seq.ts';

const seq = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, -1, -10, 2 ** 31 - 1, -(2 ** 31)),
);
const step = fc.oneof(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(1, 20, 2 ** 31 - 1));

test('order holds across the wrap (RFC 9293 §3.4, hazard 40)', () => {
  fc.assert(
    fc.property(seq, step, (a, n) => {
      const b = add(a, n);
      assert.ok(before(a, b) && !before(b, a));
      assert.ok(atMost(a, b) && !atMost(b, a));
      assert.ok(atMost(a, a) && !before(a, a));
      assert.deepEqual([distance(a, b), distance(b, a)], [n, -n]);
      assert.deepEqual([later(a, b), later(b, a), earlier(a, b), earlier(b, a)], [b, b, a, a]);
    }),
  );
});

test('numbers stay within 32 signed bits', () => {
  fc.assert(
    fc.property(seq, seq, (a, b) => {
      for (const result of [add(a, b), distance(a, b)]) assert.equal(result, result | 0);
    }),
  );
});
