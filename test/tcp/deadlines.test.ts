import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Connection } from '../../src/tcp/connection.ts';
import { Deadlines } from '../../src/tcp/deadlines.ts';

test('the earliest is known, however deadlines are set, moved and taken out', () => {
  const times = fc.oneof(fc.nat(50), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(19), times), { maxLength: 200 }), (sets) => {
      const deadlines = new Deadlines();
      const connections = Array.from({ length: 20 }, () => ({ heapIndex: -1 }) as Connection);
      const model = new Map<Connection, number>();
      for (const [which, time] of sets) {
        const c = connections[which]!;
        deadlines.set(c, time);
        if (time === Number.POSITIVE_INFINITY) model.delete(c);
        else model.set(c, time);
        const earliest = Math.min(...model.values());
        assert.equal(deadlines.earliest, earliest);
        assert.equal(deadlines.first && model.get(deadlines.first), model.size ? earliest : undefined);
        for (const other of connections) assert.equal(other.heapIndex >= 0, model.has(other));
      }
    }),
  );
});

test('taken out from anywhere, the rest come in order', () => {
  const times = fc.array(fc.nat(1000), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(times, fc.array(fc.nat(59), { maxLength: 15 }), (list, gone) => {
      const deadlines = new Deadlines();
      const connections = list.map(() => ({ heapIndex: -1 }) as Connection);
      for (const [i, c] of connections.entries()) deadlines.set(c, list[i]!);
      for (const i of gone) if (connections[i]) deadlines.set(connections[i], Number.POSITIVE_INFINITY);
      const seen: number[] = [];
      for (let first = deadlines.first; first; first = deadlines.first) {
        seen.push(deadlines.earliest);
        deadlines.set(first, Number.POSITIVE_INFINITY);
      }
      const kept = list.filter((_, i) => !gone.includes(i));
      assert.deepEqual(
        seen,
        kept.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 300 },
  );
});
