import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from './soak.ts';

/** What a day may add to the heap, in bytes: nothing but code and caches. */
const SLACK = 2 ** 21;

/** A year is run by `npm run soak`. */
test('two virtual days of traffic with faults leave nothing behind, and lose no visitor', async () => {
  const { start, end, tally, counted } = await soak({ days: 2, warmUp: 1, seed: 2 });
  assert.ok(tally.visits > 0 && counted >= tally.shown, `${counted} on disk, ${tally.shown} shown`);
  assert.equal(end.connections, 0);
  assert.ok(end.handles <= start.handles, `${start.handles} handles, then ${end.handles}`);
  assert.ok(end.heap <= start.heap + SLACK, `${start.heap} bytes, then ${end.heap}`);
});
