import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropsOf } from '../support/drops.ts';
import { Host } from '../support/host.ts';

const DAY = 24 * 3600 * 1000;

/** ESTABLISHED with timestamps; the peer's last one was 100, and ours are the clock's ms. */
function opened(): Host {
  const host = new Host({ timestamps: true });
  host.listen();
  host.arrives('S 0:0(0) <mss 1460,TS val 99 ecr 0>');
  assert.deepEqual(host.sent(), ['S. 0:0(0) ack 1 win 1500 <mss 1460,nop,nop,TS val 1000 ecr 99>']);
  host.arrives('. 1:1(0) ack 1 <TS val 100 ecr 1000>');
  return host;
}

/** What `notation` is answered by within 100 ms, and why it was refused. */
function reply(host: Host, notation: string): [string, string] {
  const before = dropsOf(host.stack);
  host.arrives(notation);
  const sent = [...host.sent(), ...host.advance(100)].join(' | ');
  return [sent, dropsOf(host.stack, before).join(' ')];
}

test('every segment carries ours and echoes the latest of the peer (RFC 7323 §3.2)', () => {
  const host = opened();
  host.advance(500);
  assert.deepEqual(reply(host, '. 1:101(100) ack 1 <TS val 200 ecr 1000>'), [
    '+100 . 1:1(0) ack 101 win 1400 <nop,nop,TS val 1600 ecr 200>',
    '',
  ]);
});

test('not offered, not sent; and not in use where the peer offers none (RFC 7323 §3.2)', () => {
  const host = new Host({ timestamps: true });
  host.listen();
  host.arrives('S 0:0(0) <mss 1460>');
  assert.deepEqual(host.sent(), ['S. 0:0(0) ack 1 win 1500 <mss 1460>']);
});

test('an older timestamp in the window is acknowledged and dropped (RFC 7323 §5.3 R1)', () => {
  const host = opened();
  assert.deepEqual(reply(host, '. 1:101(100) ack 1 <TS val 99 ecr 1000>'), [
    '. 1:1(0) ack 1 win 1500 <nop,nop,TS val 1000 ecr 100>',
    'tcp-paws',
  ]);
});

test('an equal one is good (RFC 7323 §5.3)', () => {
  assert.deepEqual(reply(opened(), '. 1:101(100) ack 1 <TS val 100 ecr 1000>')[1], '');
});

test('the timestamp clock wraps too (RFC 7323 §5.2)', () => {
  const host = opened();
  for (const [i, value] of [2e9, 4e9, 2 ** 32 - 1, 5].entries()) {
    assert.equal(reply(host, `. ${1 + i}:${2 + i}(1) ack 1 <TS val ${value} ecr 1000>`)[1], '');
  }
  assert.equal(reply(host, '. 5:6(1) ack 1 <TS val 4294967295 ecr 1000>')[1], 'tcp-paws');
});

test('a reset is not subject to PAWS (RFC 7323 §5.2)', () => {
  const host = opened();
  host.arrives('R 1:1(0) <TS val 1 ecr 0>');
  assert.equal(host.connection.state, 'CLOSED');
});

test('after 24 idle days a timestamp proves nothing any more (RFC 7323 §5.5)', () => {
  for (const [days, refused] of [
    [23.9, 'tcp-paws'],
    [24.1, ''],
  ] as const) {
    const host = opened();
    host.advance(days * DAY);
    assert.equal(reply(host, '. 1:2(1) ack 1 <TS val 99 ecr 1000>')[1], refused);
  }
});

test('a segment ahead of a gap does not change what is echoed (RFC 7323 §4.3)', () => {
  const [sent] = reply(opened(), '. 11:21(10) ack 1 <TS val 300 ecr 1000>');
  assert.equal(sent, '. 1:1(0) ack 1 win 1500 <nop,nop,TS val 1000 ecr 100>');
});

test('a blind segment whose acknowledgment cannot be does not move the clock (RFC 5961 §5, RFC 7323 §7)', () => {
  const host = opened();
  assert.equal(reply(host, '. 1:101(100) ack 77 <TS val 2000000000 ecr 0>')[1], 'tcp-ack-unacceptable');
  assert.equal(reply(host, '. 1:101(100) ack 1 <TS val 101 ecr 1000>')[1], '');
});

test('text is shorter by what the option takes (RFC 6691 §3)', () => {
  const host = opened();
  host.arrives('. 1:1(0) ack 1 win 5000 <TS val 101 ecr 1000>');
  host.send(1448);
  assert.deepEqual(host.sent(), ['P. 1:1449(1448) ack 1 win 1500 <nop,nop,TS val 1000 ecr 101>']);
});

/** TIME-WAIT with the peer's timestamp at 200. */
function timeWait(): Host {
  const host = opened();
  host.call((c) => c.close());
  host.pulled();
  host.arrives('F. 1:1(0) ack 2 <TS val 200 ecr 1000>');
  host.pulled();
  assert.equal(host.connection.state, 'TIME-WAIT');
  return host;
}

// biome-ignore format: a row a line
const SYNS: [notation: string, state: string, rule: string][] = [
  ['S 2:2(0) <TS val 201 ecr 0>', 'SYN-RECEIVED', 'a later timestamp'],
  ['S -500:-500(0) <TS val 201 ecr 0>', 'SYN-RECEIVED', 'a later timestamp, whatever the number'],
  ['S 2:2(0) <TS val 200 ecr 0>', 'SYN-RECEIVED', 'an equal timestamp and a later number'],
  ['S 1:1(0) <TS val 200 ecr 0>', 'TIME-WAIT', 'an equal timestamp and an old number'],
  ['S 5000:5000(0) <TS val 199 ecr 0>', 'TIME-WAIT', 'an older timestamp, whatever the number'],
  ['S 2:2(0)', 'SYN-RECEIVED', 'none, and a later number'],
  ['S 1:1(0)', 'TIME-WAIT', 'none, and an old number'],
];
for (const [notation, state, rule] of SYNS) {
  test(`TIME-WAIT: ${notation} → ${state}: ${rule} (RFC 6191 §2)`, () => {
    assert.equal(timeWait().arrives(notation).connection.state, state);
  });
}
