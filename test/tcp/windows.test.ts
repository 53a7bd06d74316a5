import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Host } from '../support/host.ts';

const WINDOW = 1000;

/** An established connection on which nothing was sent yet; the peer's window is as given. */
function open(window: number, options = {}): Host {
  const host = new Host({ receiveBuffer: WINDOW, ...options });
  host.listen();
  host.arrives(`S 0:0(0) win ${window}`);
  sent(host);
  host.arrives(`. 1:1(0) ack 1 win ${window}`);
  return host;
}

/** What is sent now, without windows. */
function sent(host: Host): string[] {
  return host.sent().map(brief);
}

function advanced(host: Host, ms: number): string[] {
  return host.advance(ms).map(brief);
}

function brief(segment: string): string {
  return segment.replace(/^\+\d+ /, '').replace(/ win \d+.*/, '');
}

/** When each segment leaves within `ms`, in ms from now. */
function times(host: Host, ms: number): [number, string][] {
  const start = host.now;
  const list: [number, string][] = [];
  while (host.now < start + ms) {
    for (const segment of advanced(host, 1)) list.push([host.now - start, segment]);
  }
  return list;
}

test('a closed window is probed by one octet, first after an RTO, then at doubled intervals, for as long as the peer answers (RFC 9293 §3.8.6.1)', () => {
  const host = open(0);
  host.send(100);
  assert.deepEqual(sent(host), []);
  const probes: number[] = [];
  for (let last = host.now; probes.length < 8; ) {
    const [probe] = advanced(host, 1);
    if (!probe) continue;
    assert.equal(probe, '. 1:2(1) ack 1');
    probes.push(host.now - last);
    last = host.now;
    host.arrives('. 1:1(0) ack 1 win 0');
  }
  assert.deepEqual(probes.slice(0, 6), [1000, 2000, 4000, 8000, 16_000, 32_000]);
  advanced(host, 3_600_000);
  assert.equal(host.connection.state, 'CLOSED', 'once it answers no more, R2 ends it');
});

test('when the window opens, what was refused goes at once', () => {
  const host = open(0);
  host.send(100);
  advanced(host, 1000);
  host.arrives('. 1:1(0) ack 1 win 500');
  assert.deepEqual(sent(host), ['. 1:2(1) ack 1']);
  host.arrives('. 1:1(0) ack 2 win 500');
  assert.deepEqual(sent(host), ['P. 2:101(99) ack 1']);
});

test('a window update that was lost is made up for by the answer to the next probe', () => {
  const host = open(50);
  host.send(100);
  assert.deepEqual(sent(host), ['. 1:51(50) ack 1']);
  host.arrives('. 1:1(0) ack 51 win 0');
  advanced(host, 1000);
  host.arrives('. 1:1(0) ack 51 win 500');
  assert.deepEqual(sent(host), ['. 51:52(1) ack 1']);
  host.arrives('. 1:1(0) ack 52 win 499');
  assert.deepEqual(sent(host), ['P. 52:101(49) ack 1']);
});

test('a write after hours of silence into a closed window is given its time like any other', () => {
  const host = open(0);
  host.now += 10_000_000;
  host.send(100);
  assert.deepEqual(times(host, 1500), [[1000, '. 1:2(1) ack 1']]);
  assert.equal(host.connection.state, 'ESTABLISHED');
});

test('a FIN that the window shuts out is probed for', () => {
  const host = open(5);
  host.send(5);
  host.call((c) => c.close());
  assert.deepEqual(sent(host), ['P. 1:6(5) ack 1']);
  host.arrives('. 1:1(0) ack 6 win 0');
  assert.deepEqual(advanced(host, 1000), ['F. 6:6(0) ack 1']);
  host.arrives('. 1:1(0) ack 7 win 0');
  assert.equal(host.connection.state, 'FIN-WAIT-2');
});

test('the peer shrinks its window in flight: nothing new beyond it, what lies inside goes again, none is lost (RFC 9293 §3.8.6)', () => {
  const host = open(1000);
  host.send(1000);
  assert.deepEqual(sent(host), ['. 1:501(500) ack 1', 'P. 501:1001(500) ack 1']);
  host.arrives('. 1:1(0) ack 1 win 500');
  assert.deepEqual(advanced(host, 1000), ['. 1:501(500) ack 1']);
  host.arrives('. 1:1(0) ack 501 win 0');
  host.arrives('. 1:1(0) ack 501 win 500');
  assert.deepEqual(sent(host), ['P. 501:1001(500) ack 1']);
});

test('Nagle: what is less than a segment waits while something is in flight; setNoDelay sends it (RFC 9293 §3.7.4)', () => {
  const host = open(5000);
  host.send(5);
  assert.deepEqual(sent(host), ['P. 1:6(5) ack 1']);
  host.send(5);
  assert.deepEqual(sent(host), []);
  host.arrives('. 1:1(0) ack 6 win 5000');
  assert.deepEqual(sent(host), ['P. 6:11(5) ack 1']);
  host.send(5);
  host.call((c) => c.setNoDelay(true));
  assert.deepEqual(sent(host), ['P. 11:16(5) ack 1']);
});

test('Nagle does not hold back a FIN, nor the text before it', () => {
  const host = open(5000);
  host.send(5);
  sent(host);
  host.send(5);
  host.call((c) => c.close());
  assert.deepEqual(sent(host), ['FP. 6:11(5) ack 1']);
});

test('silly windows: a crumb of the window is not used while more is to come, but for good it is (RFC 9293 §3.8.6.2.1)', () => {
  const host = open(1000);
  host.send(2000);
  assert.deepEqual(sent(host), ['. 1:501(500) ack 1', '. 501:1001(500) ack 1']);
  host.arrives('. 1:1(0) ack 1001 win 100');
  assert.deepEqual(sent(host), []);
  assert.deepEqual(times(host, 1500), [[1000, '. 1001:1101(100) ack 1']]);
});

test('half of the largest window that ever was is worth a segment, an octet less is not (RFC 9293 §3.8.6.2.1)', () => {
  for (const [usable, expected] of [
    [250, ['. 501:751(250) ack 1']],
    [249, []],
  ] as const) {
    const host = open(500);
    host.send(2000);
    assert.deepEqual(sent(host), ['. 1:501(500) ack 1']);
    host.arrives(`. 1:1(0) ack 501 win ${usable}`);
    assert.deepEqual(sent(host), expected);
  }
});

test('the receive window opens by half the buffer or a segment, not by crumbs (RFC 9293 §3.8.6.2.2)', () => {
  const host = open(5000);
  for (let seq = 1; seq < 1001; seq += 500) host.arrives(`P. ${seq}:${seq + 500}(500) ack 1 win 5000`);
  assert.deepEqual(sent(host), ['. 1:1(0) ack 1001']);
  assert.equal(host.call((c) => c.receive(100))?.length, 100);
  assert.deepEqual(sent(host), []);
  let read = 100;
  while (read < WINDOW / 2) read += host.call((c) => c.receive(100))!.length;
  assert.deepEqual(sent(host), ['. 1:1(0) ack 1001'], 'a window update');
});

test('exactly what was advertised is accepted: the octet at the edge is, the one beyond it is not', () => {
  const host = open(5000);
  host.arrives('P. 1:1001(1000) ack 1 win 5000');
  assert.equal(host.connection.receiveBuffer?.readable, WINDOW);
  host.arrives('P. 1001:1002(1) ack 1 win 5000');
  assert.equal(host.connection.receiveBuffer?.readable, WINDOW);
  assert.equal(host.stack.counters['tcp-out-of-window'], 1);
});

test('every second full-sized segment is acknowledged at once, one alone after the delay (RFC 9293 §3.8.6.3)', () => {
  const host = open(5000);
  host.arrives('P. 1:301(300) ack 1 win 5000');
  assert.deepEqual(sent(host), []);
  host.arrives('P. 301:601(300) ack 1 win 5000');
  assert.deepEqual(sent(host), ['. 1:1(0) ack 601']);
  host.arrives('P. 601:901(300) ack 1 win 5000');
  assert.deepEqual(times(host, 200), [[100, '. 1:1(0) ack 901']]);
});

test('an acknowledgment rides on text that goes anyway', () => {
  const host = open(5000);
  host.arrives('P. 1:6(5) ack 1 win 5000');
  host.send(5);
  assert.deepEqual(advanced(host, 500), ['P. 1:6(5) ack 6']);
});

test('keep-alive: off unless asked for, then a probe each interval, and the end after nine unanswered (RFC 9293 §3.8.4)', () => {
  const host = open(5000);
  assert.deepEqual(advanced(host, 10_000_000), []);
  host.call((c) => c.setKeepAlive(10_000));
  assert.deepEqual(times(host, 10_000), [[10_000, '. 0:0(0) ack 1']]);
  host.arrives('. 1:1(0) ack 1 win 5000');
  assert.equal(advanced(host, 89_999).length, 8, 'an answer begins the count anew');
  advanced(host, 20_000);
  assert.equal(host.connection.state, 'CLOSED');
  assert.equal(host.told.at(-1), 'closed ETIMEDOUT');
});

test('the time to live can be set', () => {
  const host = open(5000, { ttl: 9 });
  host.send(5);
  assert.equal(host.stack.transmit(host.now)![8], 9);
});

test('a peer that delays its acknowledgments finds more than one segment in flight', () => {
  const host = open(50_000, { mtu: 576 });
  host.send(20_000);
  assert.equal(sent(host).length, 10, 'the initial window of RFC 6928');
});
