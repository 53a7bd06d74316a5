import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineHistory, MOST_SAMPLES, SAMPLE_INTERVAL } from '../../src/web/line-history.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function historyOf(counters: Record<string, number>) {
  const clock = new VirtualClock();
  const now = { counters, connections: 0 };
  return { clock, now, history: new LineHistory(clock, () => now) };
}

test('each ten seconds become a sample: rates of that time alone, and the mean round trip', () => {
  const { clock, now, history } = historyOf({
    'bytes-received': 5000,
    'bytes-sent': 90_000,
    roundTrips: 9,
    roundTripTime: 900,
  });
  clock.advance(SAMPLE_INTERVAL - 1);
  assert.deepEqual(history.samples, [], 'too early');
  Object.assign(now.counters, { 'bytes-received': 6000, 'bytes-sent': 205_200 });
  Object.assign(now.counters, { roundTrips: 11, roundTripTime: 1050 });
  now.connections = 3;
  clock.advance(1);
  clock.advance(SAMPLE_INTERVAL);
  assert.deepEqual(history.samples, [
    { received: 100, sent: 11_520, connections: 3, rtt: 75 },
    { received: 0, sent: 0, connections: 3, rtt: undefined },
  ]);
});

test('after a year there are no more than ten minutes of samples, the oldest first', () => {
  const { clock, now, history } = historyOf({ 'bytes-sent': 0 });
  for (let i = 1; i <= 1000; i++) {
    now.connections = i;
    clock.advance(SAMPLE_INTERVAL);
  }
  assert.equal(history.samples.length, MOST_SAMPLES);
  assert.deepEqual([history.samples[0]!.connections, history.samples.at(-1)!.connections], [941, 1000]);
});

test('a history that was stopped sets no more timers', () => {
  const { clock, history } = historyOf({});
  clock.advance(SAMPLE_INTERVAL);
  history.stop();
  assert.equal(clock.next, Infinity);
});
