import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/tcp/connection.ts';
import { retransmissionTimeout, sampleRtt } from '../../src/tcp/rtt.ts';

function connection(settings = { initialRto: 1000, minRto: 1000 }): Connection {
  return {
    tcp: { settings, counters: { roundTrips: 0, roundTripTime: 0 }, onRoundTrip() {} },
    state: 'ESTABLISHED',
    srtt: 0,
    rttvar: 0,
    backoff: 0,
    synRepeated: false,
  } as unknown as Connection;
}

function after(...samples: number[]): Connection {
  const c = connection();
  for (const rtt of samples) sampleRtt(c, rtt);
  return c;
}

test('the first sample R: SRTT = R, RTTVAR = R/2 (RFC 6298 §2.2)', () => {
  const c = after(600);
  assert.deepEqual([c.srtt, c.rttvar], [600_000, 300_000]);
  assert.equal(retransmissionTimeout(c), 600 + 4 * 300);
});

test('samples are counted, and their sum', () => {
  const { roundTrips, roundTripTime } = after(600, 0.5).tcp.counters;
  assert.deepEqual([roundTrips, roundTripTime], [2, 600.5]);
});

test('further samples: RTTVAR by the old SRTT, then SRTT (RFC 6298 §2.3)', () => {
  const c = after(600, 1000);
  assert.deepEqual([c.srtt, c.rttvar], [650_000, 0.75 * 300_000 + 0.25 * 400_000]);
  sampleRtt(c, 10);
  assert.deepEqual([c.srtt, c.rttvar], [0.875 * 650_000 + 0.125 * 10_000, 0.75 * 325_000 + 0.25 * 640_000]);
});

test('never below the minimum, however short round trips are (RFC 6298 §2.4)', () => {
  assert.equal(retransmissionTimeout(after(1, 1, 1)), 1000);
});

test('with RTTVAR gone, by a clock tick more than SRTT (RFC 6298 §2.3, G)', () => {
  const c = connection({ initialRto: 1000, minRto: 1 });
  for (let i = 0; i < 100; i++) sampleRtt(c, 50);
  assert.equal(retransmissionTimeout(c), 51);
});

test('doubles with each timeout, up to a minute; a sample ends that (RFC 6298 §5.5, §5.7)', () => {
  const c = after(600);
  const timeouts = Array.from({ length: 8 }, (_, backoff) => {
    c.backoff = backoff;
    return retransmissionTimeout(c);
  });
  assert.deepEqual(timeouts, [1800, 3600, 7200, 14_400, 28_800, 57_600, 60_000, 60_000]);
  sampleRtt(c, 600);
  assert.equal(c.backoff, 0);
});

test('before the first sample: 1 s, or 3 s where the SYN had to be repeated (RFC 6298 §2.1, §5.7)', () => {
  const c = connection();
  assert.equal(retransmissionTimeout(c), 1000);
  c.synRepeated = true;
  assert.equal(retransmissionTimeout(c), 3000);
  c.state = 'SYN-SENT';
  assert.equal(retransmissionTimeout(c), 1000);
});

test('a first RTO above a minute is kept: the line is that slow', () => {
  assert.equal(retransmissionTimeout(connection({ initialRto: 90_000, minRto: 1000 })), 90_000);
});
