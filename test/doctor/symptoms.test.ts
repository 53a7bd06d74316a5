import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../src/doctor/symptoms.ts';
import { A, B } from '../support/wire.ts';

/** A line on which all is well so far. */
const SOUND = { 'bytes-received': 10_000, 'frames-received': 100, datagramsIn: 100, roundTrips: 10 };

const findings = (counters: Record<string, number>) =>
  diagnose(
    { elapsed: 1000, heardPeer: true, counters: { ...SOUND, ...counters } },
    { address: B, peer: A },
  ).map(({ name }) => name);

//    counters                                                                          findings    rule
const cases: [Record<string, number>, string[], string][] = [
  [{}, [], 'nothing is compressed'],
  [{ 'frames-compressed-sent': 90, timeouts: 20 }, ['unheeded'], 'nobody heeds what is compressed'],
  [{ 'frames-uncompressed-tcp-sent': 3, timeouts: 11 }, ['unheeded'], 'nor whole headers, repeated'],
  [{ 'frames-compressed-sent': 90 }, [], 'a peer that understands, and does not compress itself'],
  [{ 'frames-compressed-sent': 90, timeouts: 5 }, [], 'the same on a line that loses'],
  [
    { 'frames-compressed-sent': 90, 'frames-uncompressed-tcp-received': 1, timeouts: 20 },
    [],
    'a peer that compresses, on a line that loses much',
  ],
  [{ timeouts: 20 }, [], 'a line that loses much, without compression'],
];

for (const [counters, expected, rule] of cases) {
  test(`symptoms: ${rule}: ${expected.join() || 'none'}`, () => {
    assert.deepEqual(findings(counters), expected);
  });
}
