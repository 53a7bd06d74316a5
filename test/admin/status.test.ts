import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { statusOf, summaryOf } from '../../src/admin/status.ts';
import { daemonView, lineView } from '../support/admin.ts';

const SCHEMA = JSON.parse(readFileSync(new URL('../../docs/status.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ allErrors: true, allowUnionTypes: true, validateFormats: false }).compile(
  SCHEMA,
);

/** What somebody gets who asks. */
const overTheWire = (...lines: Parameters<typeof daemonView>) => {
  const status = JSON.parse(JSON.stringify(statusOf(daemonView(...lines))));
  const isValid: boolean = validate(status);
  assert.ok(isValid, JSON.stringify(validate.errors));
  return status;
};

test('the status is what its schema says, whatever is known of the lines', () => {
  overTheWire(lineView());
  const fresh = { history: [], connections: [], counters: {} };
  overTheWire(lineView(fresh), lineView({ port: 'unix:/x', baud: 0, isOpen: false }));
});

test('it tells of each line what it does', () => {
  const counters = {
    ...{ 'bytes-received': 100, 'bytes-sent': 2000, 'slip-type': 3, 'tcp-checksum': 0 },
    ...{ datagramsIn: 5, roundTrips: 4, roundTripTime: 200, retransmissions: 6 },
  };
  const [line] = overTheWire(lineView({ counters })).lines;
  assert.deepEqual(line.received, { bytes: 100, frames: 0, datagrams: 5, segments: 0, utilisation: 0.1 });
  assert.deepEqual(line.connections, { total: 3, byState: { ESTABLISHED: 2, 'TIME-WAIT': 1 } });
  assert.deepEqual(line.drops, { 'slip-type': 3 });
  assert.equal(line.roundTrip, 50);
  assert.deepEqual(line.history[1], { received: 1152, sent: 11_520, connections: 3, roundTrip: 40.5 });
});

test('a summary has a few numbers for each line', () => {
  const counters = { 'bytes-received': 100, 'bytes-sent': 2000, 'slip-type': 3, 'tcp-paws': 2 };
  const { heapUsed, ...rest } = summaryOf(statusOf(daemonView(lineView({ counters })))) as Record<
    string,
    unknown
  >;
  assert.ok(Number(heapUsed) > 0);
  const line = {
    ...{ port: '/dev/ttyS0', isOpen: true, received: 100, sent: 2000, connections: 3 },
    ...{ roundTrip: null, retransmissions: 0, drops: 5 },
  };
  assert.deepEqual(rest, { uptime: 3725, visitors: 13_157, capture: null, lines: [line] });
});
