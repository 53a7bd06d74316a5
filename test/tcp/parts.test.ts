import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { initialSequenceNumber, KeyedHash } from '../../src/tcp/isn.ts';
import { Queue } from '../../src/tcp/queue.ts';
import { ReceiveBuffer } from '../../src/tcp/receive-buffer.ts';
import { Ring } from '../../src/tcp/ring.ts';
import { add, atMost, before, distance, earlier, later } from '../../src/tcp/seq.ts';

const seq = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const step = fc.integer({ min: 1, max: 2 ** 31 - 1 });

test('sequence numbers: order holds across the wrap', () => {
  fc.assert(
    fc.property(seq, step, (a, n) => {
      const b = add(a, n);
      assert.ok(before(a, b) && !before(b, a) && atMost(a, b) && atMost(a, a) && !before(a, a));
      assert.equal(distance(a, b), n);
      assert.equal(distance(b, a), -n);
      assert.equal(later(a, b), b);
      assert.equal(earlier(b, a), a);
    }),
  );
});

test('the ring gives back what was placed, wherever it wraps', () => {
  const actions = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 700 }), fc.nat(700)), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(actions, (steps) => {
      const ring = new Ring();
      let model: number[] = [];
      for (const [bytes, take] of steps) {
        ring.place(model.length, bytes);
        model.push(...bytes);
        const count = Math.min(take, model.length);
        const copied = new Uint8Array(count);
        ring.copy(0, count, copied, 0);
        assert.deepEqual([...copied], model.slice(0, count));
        ring.consume(count);
        model = model.slice(count);
      }
    }),
  );
});

test('the receive buffer agrees with a list of octets, in whatever order they come', () => {
  const pieces = fc.array(fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 60 })), { maxLength: 60 });
  fc.assert(
    fc.property(pieces, seq, (list, start) => {
      const buffer = new ReceiveBuffer(start);
      const have = new Set<number>();
      let next = 0;
      let got: number[] = [];
      for (const [offset, length] of list) {
        const from = Math.max(offset, next);
        if (from >= offset + length) continue;
        const text = Uint8Array.from({ length: offset + length - from }, (_, i) => (from + i) & 255);
        buffer.put(add(start, from), text);
        for (let i = from; i < offset + length; i++) have.add(i);
        while (have.has(next)) next++;
        for (let chunk = buffer.read(1000); chunk; chunk = buffer.read(1000)) got = got.concat([...chunk]);
      }
      assert.deepEqual(
        got,
        Array.from({ length: next }, (_, i) => i & 255),
      );
      const ahead = [...have].filter((i) => i >= next).length;
      assert.equal(
        buffer.ranges.reduce((sum, range) => sum + distance(range.start, range.end), 0),
        ahead,
      );
    }),
  );
});

test('10,000 one-octet segments out of order cost bounded memory', () => {
  const buffer = new ReceiveBuffer(0);
  for (let i = 0; i < 10_000; i++) buffer.put(2 * (10_000 - i), Uint8Array.of(1));
  assert.equal(buffer.ranges.length, 128);
});

test('SACK blocks: the range that changed last comes first (RFC 2018 §4)', () => {
  const buffer = new ReceiveBuffer(0);
  for (const start of [10, 30, 50]) buffer.put(start, new Uint8Array(5));
  buffer.put(35, new Uint8Array(5));
  assert.deepEqual(buffer.sackBlocks(4)[0], { start: 30, end: 40 });
  assert.equal(buffer.sackBlocks(2).length, 2);
});

test('initial sequence numbers: unlike for each connection, later for later ones, unknown without the secret', () => {
  const [hash, other] = [new KeyedHash(new Uint8Array(32)), new KeyedHash(new Uint8Array(32).fill(1))];
  const at = (now: number, port: number, keyed = hash) => initialSequenceNumber(keyed, now, 1, 80, 2, port);
  assert.equal(at(0, 5000), at(0, 5000));
  assert.notEqual(at(0, 5000), at(0, 5001));
  assert.notEqual(at(0, 5000), at(0, 5000, other));
  assert.equal(distance(at(0, 5000), at(1000, 5000)), 250_000, '4 µs a tick');
  assert.ok(before(at(2 ** 40, 5000), at(2 ** 40 + 1, 5000)));
});

test('the queue is first in, first out, while it grows and wraps', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 300 }), (pushes) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      let next = 0;
      for (const isPush of pushes) {
        if (isPush) {
          queue.push(next);
          model.push(next++);
        } else assert.equal(queue.shift(), model.shift());
        assert.equal(queue.length, model.length);
        assert.equal(queue.peek(), model[0]);
      }
    }),
  );
});
