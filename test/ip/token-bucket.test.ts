import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '../../src/ip/token-bucket.ts';

/** How many of `count` attempts at `now` are let through. */
function taken(bucket: TokenBucket, now: number, count = 1000): number {
  return Array.from({ length: count }, () => bucket.take(now)).filter(Boolean).length;
}

test('a burst at once, then as many as time has earned', () => {
  const bucket = new TokenBucket(10, 5);
  assert.deepEqual(
    [0, 99, 100, 150, 350].map((now) => taken(bucket, now)),
    [5, 0, 1, 0, 2],
  );
});

test('idle time earns no more than a burst', () => {
  const bucket = new TokenBucket(10, 5);
  taken(bucket, 0);
  assert.equal(taken(bucket, 1e9), 5);
});

test('fractions of a token are kept, however often it is asked', () => {
  const bucket = new TokenBucket(10, 5);
  let count = 0;
  for (let now = 0; now < 10_000; now += 7) if (bucket.take(now)) count++;
  assert.ok(count >= 104 && count <= 105, `${count}`);
});

test('time that stands still or goes back earns nothing', () => {
  const bucket = new TokenBucket(10, 1);
  assert.deepEqual(
    [100, 100, 50, 149].map((now) => bucket.take(now)),
    [true, false, false, false],
  );
});
