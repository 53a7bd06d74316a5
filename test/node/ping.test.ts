import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mtuFor } from '../../src/cli/options.ts';
import { announcement, replyLine, summary } from '../../src/cli/ping-report.ts';
import { Stack } from '../../src/ip/stack.ts';
import { SlipLine } from '../../src/line/slip-line.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { DIRECTION, VirtualPort } from '../../src/line/virtual-port.ts';
import { drive } from '../../src/node/drive.ts';
import { type PingOptions, type PingReply, ping } from '../../src/node/ping.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';

/** Pings a stack over a line of `baud` bps, under virtual time, for `ms`. */
async function pinging(
  options: Partial<PingOptions>,
  ms: number,
  change: (line: VirtualLine, at: number) => void = () => {},
  baud = 115_200,
) {
  const clock = new VirtualClock();
  const line = new VirtualLine({ clock, baud });
  const mtu = mtuFor(baud);
  const stack = new Stack({ address: A, mtu });
  drive(stack, line.a, { clock });
  drive(new Stack({ address: B, mtu }), line.b, { clock });
  const replies: PingReply[] = [];
  const onReply = (reply: PingReply) => replies.push(reply);
  const run = ping(stack, line.a, { address: B, identifier: 7, onReply, clock, ...options });
  for (let at = 0; at < ms; at += 500) {
    change(line, at);
    await clock.advanceWithTurns(500);
  }
  return { result: await run, replies };
}

test('each request is answered, after the time that both datagrams take on the line', async () => {
  const { result, replies } = await pinging({ count: 3 }, 3000);
  assert.deepEqual([result.sent, result.received, result.duplicates], [3, 3, 0]);
  assert.deepEqual(
    replies.map(({ sequence, length, ttl }) => [sequence, length, ttl]),
    [
      [1, 64, 64],
      [2, 64, 64],
      [3, 64, 64],
    ],
  );
  // 84 octets and the ENDs around them, ten bits each, there and back.
  for (const { rtt } of replies) assert.ok(rtt > 14 && rtt < 17, `${rtt} ms`);
  assert.ok(result.elapsed > 2000 && result.elapsed < 2100, 'the last is not waited for once it is there');
});

test('data of any size is carried, in fragments if it must', async () => {
  const { replies } = await pinging({ count: 1, size: 4000 }, 3000);
  assert.equal(replies[0]!.length, 4008);
});

test('what is lost is waited for, and no longer than said', async () => {
  const { result } = await pinging({ count: 2, timeout: 3000 }, 5000, (line) => (line.aToB.cut = true));
  assert.deepEqual([result.sent, result.received], [2, 0]);
  assert.equal(result.elapsed, 4000);
});

test('one lost amidst others is missing in the count alone', async () => {
  const { result, replies } = await pinging({ count: 3 }, 13_000, (line, at) => (line.aToB.cut = at === 500));
  assert.deepEqual([result.sent, result.received], [3, 2]);
  assert.deepEqual(
    replies.map(({ sequence }) => sequence),
    [1, 3],
  );
});

test('a second reply to the same request is a duplicate', async () => {
  const { result, replies } = await pinging({ count: 2 }, 3000, (line) => (line.bToA.duplication = 1));
  assert.deepEqual([result.received, result.duplicates], [2, 1]);
  assert.deepEqual(
    replies.map(({ duplicate }) => duplicate),
    [false, true, false],
  );
});

test('a signal ends it with what there is by then', async () => {
  const stop = new AbortController();
  const { result } = await pinging({ signal: stop.signal }, 3000, (_, at) => at === 2500 && stop.abort());
  assert.deepEqual([result.sent, result.received], [3, 3]);
});

//    bps      octets  requests  what may take longest, one way, in s
const slow = [
  [300, 56, 10, 3.2],
  [1200, 1000, 3, 10],
  [115_200, 65_507, 1, 6.2],
] as const;

for (const [baud, size, count, most] of slow) {
  test(`${count} of ${size} octets come back over a sound line of ${baud} bps`, async () => {
    const { result, replies } = await pinging({ count, size }, 100_000, () => {}, baud);
    assert.deepEqual([result.sent, result.received], [count, count]);
    // None has to wait for another one.
    for (const { rtt } of replies) assert.ok(rtt < 2000 * most, `${rtt} ms`);
  });
}

test('on a slow line the last is waited for beyond the time that it takes', async () => {
  const { result } = await pinging({ count: 1 }, 20_000, (line) => (line.aToB.cut = true), 300);
  assert.ok(result.elapsed > 10_000 + 2 * 2900 && result.elapsed < 10_000 + 2 * 3200, `${result.elapsed} ms`);
});

test('without an interval they go as fast as the line does, and no faster', async () => {
  const { result, replies } = await pinging({ count: 500, interval: 0 }, 5000);
  assert.deepEqual([result.sent, result.received], [500, 500]);
  for (const { rtt } of replies) assert.ok(rtt < 17, `${rtt} ms`);
  assert.ok(result.elapsed < 500 * 8.5, `${result.elapsed} ms`);
});

/** A run over a port that is away, on a line of 9600 bps to a stack that answers. */
function awaiting(options: Partial<PingOptions>) {
  const clock = new VirtualClock();
  const direction = { ...DIRECTION, baud: 9600 };
  const [near, far] = [0, 1].map(() => new VirtualPort(direction, clock, () => 0)) as [
    VirtualPort,
    VirtualPort,
  ];
  near.peer = far;
  far.peer = near;
  near.isOpen = false;
  const [line, farLine] = [near, far].map((port) => new SlipLine(port, { baud: 9600, clock }));
  const stack = new Stack({ address: A, mtu: 296 });
  drive(stack, line!, { clock });
  drive(new Stack({ address: B, mtu: 296 }), farLine!, { clock });
  const run = ping(stack, line!, { address: B, clock, ...options });
  const open = () => {
    near.isOpen = true;
    near.onOpen();
  };
  const lose = () => {
    near.isOpen = false;
    near.onLost('unplugged');
  };
  return { clock, line: line!, near, stack, run, open, lose };
}

test('none is sent, or counted, while the port is away', async () => {
  const { clock, line, stack, run, open } = awaiting({ count: 3 });
  await clock.advanceWithTurns(600_500);
  assert.equal(stack.icmp.waiting.length, 0);
  open();
  await clock.advanceWithTurns(400);
  assert.equal(line.counters['frames-sent'], 0);
  await clock.advanceWithTurns(4000);
  const { sent, received } = await run;
  assert.deepEqual([sent, received, line.counters['frames-sent']], [3, 3, 3]);
});

test('what waits when the port goes is not sent when it is back', async () => {
  const { clock, line, run, open, lose } = awaiting({ count: 2, size: 1000 });
  open();
  await clock.advanceWithTurns(1600);
  // Of its four fragments, the first is out, and the second in the device.
  lose();
  await clock.advanceWithTurns(60_000);
  assert.equal(line.counters['frames-sent'], 2);
  open();
  await clock.advanceWithTurns(20_000);
  const { sent, received } = await run;
  assert.deepEqual([sent, received, line.counters['frames-sent']], [2, 1, 6]);
});

test('what finds no room is not counted', async () => {
  const stop = new AbortController();
  const { clock, line, near, run, open } = awaiting({ interval: 0, signal: stop.signal });
  line.baud = 0;
  near.pending = 2;
  open();
  await clock.advanceWithTurns(1000);
  stop.abort();
  assert.equal((await run).sent, 64);
});

test('the lines are those of ping(8)', () => {
  assert.equal(announcement(B, 56), 'PING 192.168.7.2 (192.168.7.2) 56(84) bytes of data.');
  const reply = { sequence: 2, length: 64, ttl: 64, rtt: 15.26, duplicate: false };
  assert.equal(replyLine(B, reply), '64 bytes from 192.168.7.2: icmp_seq=2 ttl=64 time=15.3 ms');
  const times = [0.0412, 1.234, 99.94, 1044.6].map(
    (rtt) => replyLine(B, { ...reply, rtt }).split('time=')[1],
  );
  assert.deepEqual(times, ['0.041 ms', '1.23 ms', '99.9 ms', '1045 ms']);
  assert.match(replyLine(B, { ...reply, duplicate: true }), / ms \(DUP!\)$/);
  const result = { sent: 3, received: 2, duplicates: 1, elapsed: 2003.6, rtts: [10, 20] };
  assert.equal(
    summary(B, result),
    '\n--- 192.168.7.2 ping statistics ---\n' +
      '3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, time 2004ms\n' +
      'rtt min/avg/max/mdev = 10.000/15.000/20.000/5.000 ms',
  );
  const none = summary(B, { sent: 2, received: 0, duplicates: 0, elapsed: 1000, rtts: [] });
  assert.match(none, /2 packets transmitted, 0 received, 100% packet loss, time 1000ms\n$/);
});
