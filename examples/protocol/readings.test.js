// The protocol over a bad line, for a day, in a moment: time stands still until the test sets it forward, and
// every fault of the line is drawn from its seed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drive, Stack, VirtualClock, VirtualLine } from 'phpstack-ts';
import { collect, report } from './readings.js';

const HOUR = 3_600_000;

function station(faults) {
  const clock = new VirtualClock();
  const line = new VirtualLine({ clock, baud: 1200, seed: 7, aToB: faults, bToA: faults });
  const [near, far] = ['192.168.7.1', '192.168.7.2'].map(
    (address) => new Stack({ address, mtu: 296, baud: 1200, random: (count) => new Uint8Array(count) }),
  );
  drive(near, line.a, { clock });
  drive(far, line.b, { clock });
  const readings = [];
  const collector = collect(far, (reading) => readings.push(Number(reading)));
  let count = 0;
  const stop = report(near, '192.168.7.2', () => ++count, clock);
  return { clock, line, near, far, readings, collector, stop };
}

const upTo = (count) => Array.from({ length: count }, (_, i) => i + 1);

test('every reading of a day arrives once and in order, over a line that errs', async () => {
  const { clock, near, readings } = station({ errorRate: 1e-4 });
  await clock.advanceWithTurns(24 * HOUR - 1);
  assert.deepEqual(readings, upTo(24 * 60));
  assert.ok(near.counters.retransmissions > 50, `${near.counters.retransmissions}`);
});

test('a cable that is out for a minute loses nothing', async () => {
  const { clock, line, readings } = station({});
  await clock.advanceWithTurns(HOUR);
  line.aToB.cut = line.bToA.cut = true;
  await clock.advanceWithTurns(60_000);
  line.aToB.cut = line.bToA.cut = false;
  await clock.advanceWithTurns(HOUR);
  assert.deepEqual(readings, upTo(readings.length));
  assert.ok(readings.length >= 121, `${readings.length}`);
});

test('a collector that was started anew gets what comes after', async () => {
  const { clock, far, readings } = station({});
  await clock.advanceWithTurns(HOUR);
  far.close();
  const before = readings.length;
  await clock.advanceWithTurns(HOUR);
  assert.ok(readings.length >= before + 59, `${readings.length - before}`);
});
