import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scaleFor } from '../../src/tcp/receive-window.ts';
import { Host } from '../support/host.ts';

test('the scale is the smallest that shows the whole buffer (RFC 7323 §2.3)', () => {
  assert.deepEqual(
    [1, 65_535, 65_536, 131_070, 131_071, 2 ** 20, 2 ** 30, 2 ** 40].map(scaleFor),
    [0, 0, 1, 1, 2, 5, 14, 14],
  );
});

function opened(receiveBuffer: number, options = 'mss 1460,wscale 0'): Host {
  const host = new Host({ receiveBuffer });
  host.listen();
  host.arrives(`S 0:0(0) <${options}>`);
  host.pulled();
  host.arrives('. 1:1(0) ack 1');
  host.pulled();
  return host;
}

/** The peer sends `length` octets from `from` on in segments of 1000. */
function text(host: Host, from: number, length: number): string[] {
  for (let at = from; at < from + length; at += 1000) {
    const end = Math.min(at + 1000, from + length);
    host.arrives(`. ${at}:${end}(${end - at}) ack 1`);
  }
  return [...host.sent(), ...host.advance(100)];
}

test('the right edge moves on by half the buffer or a segment, not by crumbs (RFC 9293 §3.8.6.2.2)', () => {
  const host = opened(4000);
  assert.deepEqual(text(host, 1, 4000), ['. 1:1(0) ack 4001 win 0']);
  const edges: number[] = [];
  for (let i = 0; i < 40; i++) {
    host.call((c) => c.receive(100));
    for (const segment of host.sent()) {
      const [, ack, win] = /ack (\d+) win (\d+)/.exec(segment)!.map(Number);
      edges.push(ack! + win!);
    }
  }
  assert.deepEqual(edges, [5501, 7001]);
});

test('a small buffer opens by half of itself', () => {
  const host = opened(1000);
  text(host, 1, 1000);
  assert.equal(host.call((c) => c.receive(499))?.length, 499);
  assert.deepEqual(host.sent(), []);
  host.call((c) => c.receive(1));
  assert.deepEqual(host.sent(), ['. 1:1(0) ack 1001 win 500']);
});

test('what is accepted is what was advertised, to the octet (hazard 39)', () => {
  for (const [end, refused] of [
    [1501, 0],
    [1502, 1],
  ] as const) {
    const host = opened(1500);
    host.arrives(`. ${end - 1}:${end}(1) ack 1`);
    assert.equal(host.stack.counters['tcp-out-of-window'], refused);
  }
});

test('a scaled window is shown rounded up: its edge never moves to the left, and what it shows is accepted (RFC 7323 §2.4)', () => {
  const host = opened(200_000);
  const edges: number[] = [];
  for (let at = 1; at < 60_000; at += 777) {
    const sent = [...host.arrives(`. ${at}:${at + 777}(777) ack 1`).sent(), ...host.advance(100)];
    for (const segment of sent) {
      const [, ack, win] = /ack (\d+) win (\d+)/.exec(segment)!.map(Number);
      edges.push(ack! + win! * 4);
    }
  }
  // Nothing was read, so the edge stands still but for the rounding.
  assert.ok(
    edges.every((edge) => edge >= 200_001 && edge <= 200_004),
    edges.join(' '),
  );
  host.arrives('. 200000:200001(1) ack 1');
  assert.equal(host.stack.counters['tcp-out-of-window'], 0);
});

test('without the peer’s consent there is no scale, and the window is 65,535 at most (RFC 7323 §2.2)', () => {
  const host = opened(200_000, 'mss 1460');
  assert.deepEqual(text(host, 1, 1000), ['+100 . 1:1(0) ack 1001 win 64535']);
});
