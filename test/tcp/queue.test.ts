import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Queue } from '../../src/tcp/queue.ts';

test('first in, first out, while it grows and wraps', () => {
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
        assert.deepEqual([queue.length, queue.peek()], [model.length, model[0]]);
      }
    }),
  );
});
