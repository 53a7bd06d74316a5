import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { LONGEST_TIMER } from '../src/clock.ts';
import { Stack, type StackOptions } from '../src/ip/stack.ts';
import { VirtualLine, type VirtualLineOptions } from '../src/line/virtual-line.ts';
import { connect } from '../src/node/connect.ts';
import { drive } from '../src/node/drive.ts';
import { listen } from '../src/node/listen.ts';
import { parseIpv4 } from '../src/wire/ipv4.ts';
import { VirtualClock } from './support/virtual-clock.ts';
import { A, B, fixedRandom } from './support/wire.ts';

const TEXT = Buffer.from(Uint8Array.from({ length: 40_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
const SECOND = 1000;
/** A byte takes 1/16 ms, so that no time is rounded on a large clock. */
const BAUD = 160_000;
/** Virtual time in which an echo is over, TIME-WAIT and all, ms. */
const ALL_OVER = 600_000;

interface Options {
  start?: number;
  stack?: Partial<StackOptions>;
  line?: VirtualLineOptions;
  iss?: number;
  /** Default 1. */
  connections?: number;
}

/** A clock that takes no timer that Node's could not wait for. */
class NodeLikeClock extends VirtualClock {
  override setTimeout(callback: () => void, ms: number) {
    assert.ok(ms <= LONGEST_TIMER, `a timer of ${ms} ms would run at once`);
    return super.setTimeout(callback, ms);
  }
}

function pair({ start = 0, stack = {}, line: lineOptions = {}, iss }: Options) {
  const clock = new NodeLikeClock(start);
  const line = new VirtualLine({
    clock,
    baud: BAUD,
    aToB: { loss: 0.02 },
    bToA: { loss: 0.02 },
    ...lineOptions,
  });
  // At rest, connections are rows of numbers: all are here as soon as they may.
  const common = { baud: BAUD, mostIdle: 0, ...stack };
  const client = new Stack({ address: A, random: fixedRandom(1), ...common });
  const server = new Stack({ address: B, random: fixedRandom(2), ...common });
  if (iss !== undefined) for (const { tcp } of [client, server]) tcp.newIss = () => iss | 0;
  drive(client, line.a, { clock });
  drive(server, line.b, { clock });
  const whole: boolean[] = [];
  return { clock, line, client, server, whole };
}

/** Sends the text to a server that sends it back. @returns each datagram that arrived, as hex, in its order */
async function echo(options: Options): Promise<{ datagrams: Buffer[] } & ReturnType<typeof pair>> {
  const ends = pair(options);
  const { connections = 1 } = options;
  const { clock, client, server } = ends;
  const datagrams: Buffer[] = [];
  for (const stack of [client, server]) {
    const receive = stack.receive.bind(stack);
    stack.receive = (datagram, now) => {
      datagrams.push(Buffer.from(datagram));
      receive(datagram, now);
    };
  }
  listen(server, 7, (socket) => void socket.pipe(socket));
  for (let count = 0; count < connections; count++) {
    const socket = connect(client, { address: B, port: 7 });
    const heard: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('end', () => ends.whole.push(TEXT.equals(Buffer.concat(heard))));
    socket.end(TEXT);
  }
  await clock.advanceWithTurns(ALL_OVER);
  assert.deepEqual(ends.whole, Array(connections).fill(true));
  for (const { connectionCount } of [client, server]) assert.equal(connectionCount, 0);
  for (const stack of [client, server]) assert.equal(stack.deadline(), Number.POSITIVE_INFINITY);
  return { datagrams, ...ends };
}

/** Where ms need another bit, and where seconds do, as a clock shows that counts from 1970. */
const OF_MS = [2 ** 31, 2 ** 32];
const OF_SECONDS = OF_MS.map((wrap) => wrap * SECOND);
const STARTS = [...OF_MS, ...OF_SECONDS];

test('a clock that passes 2^31 or 2^32 ms makes no difference', async () => {
  const { datagrams } = await echo({ iss: 1 });
  for (const wrap of OF_MS) {
    for (const before of [0, 3 * SECOND, 30 * SECOND])
      assert.deepEqual(
        (await echo({ start: wrap - before, iss: 1 })).datagrams,
        datagrams,
        `${wrap} - ${before}`,
      );
  }
});

test('a clock that passes 2^31 or 2^32 seconds, fractions and all, loses nothing', async () => {
  for (const wrap of OF_SECONDS) {
    for (const before of [0, 3 * SECOND - 1 / 3, 30 * SECOND])
      await echo({ start: wrap - before, connections: 4 });
  }
});

test('timestamps wrap with the clock (RFC 7323 §5.2), and none is taken for old', async () => {
  for (const wrap of STARTS) {
    const { client, server } = await echo({ start: wrap - 3 * SECOND, stack: { timestamps: true } });
    for (const { counters } of [client, server]) assert.equal(counters['tcp-paws'], 0);
  }
});

test('sequence numbers pass 2^31 and 2^32 within text, whatever is lost', async () => {
  const { datagrams } = await echo({ iss: 1 });
  for (const wrap of [2 ** 31, 2 ** 32]) {
    for (const before of [0, 1, 2, 5000, TEXT.length + 1, TEXT.length + 2]) {
      const wrapped = await echo({ iss: wrap - before });
      assert.deepEqual(
        wrapped.datagrams.map(({ length }) => length),
        datagrams.map(({ length }) => length),
      );
    }
  }
});

test('the IP identification passes 2^16 between two compressed headers', async () => {
  const perfect = { aToB: {}, bToA: {}, framing: 'cslip' } as const;
  const { datagrams, line } = await echo({ iss: 0x7fff_fff0, line: perfect });
  const identifications = datagrams.map((datagram) => parseIpv4(datagram, () => undefined)!.identification);
  assert.ok(identifications.includes(0xffff) && identifications.includes(0));
  assert.equal(line.a.counters['slip-vj-header'] + line.b.counters['slip-vj-header'], 0);
  const uncompressed = datagrams.length - compressedFrames(line);
  const { datagrams: others, line: another } = await echo({ iss: 0x7fff_0000, line: perfect });
  assert.equal(uncompressed, others.length - compressedFrames(another), 'the wrap is told in full');
});

function compressedFrames({ a, b }: VirtualLine): number {
  return a.counters['frames-compressed-received'] + b.counters['frames-compressed-received'];
}

test('counters go on beyond 2^31, 2^32 and 2^53 less a day', async () => {
  for (const count of [2 ** 31, 2 ** 32, 2 ** 53 - 1e6]) {
    const { clock, client, server } = pair({ line: { aToB: {}, bToA: {} } });
    server.counters.octetsIn = count - 10;
    server.counters.echoRequestsIn = count - 1;
    client.ping(B, 1, 1, new Uint8Array(56));
    await clock.advanceWithTurns(SECOND);
    assert.equal(server.counters.octetsIn, count - 10 + 84);
    assert.equal(server.counters.echoRequestsIn, count);
  }
});

test('a deadline further ahead than a timer can wait is kept, and waited for in parts', async () => {
  const { clock, client, server } = pair({ line: { aToB: {}, bToA: {} } });
  listen(server, 7, () => {});
  const socket = connect(client, { address: B, port: 7 });
  await clock.advanceWithTurns(SECOND);
  socket.setKeepAlive(true, 2 ** 33);
  const sent = () => client.counters.datagramsOut;
  const before = sent();
  await clock.advanceWithTurns(2 ** 33 - SECOND);
  assert.equal(sent(), before);
  await clock.advanceWithTurns(2 * SECOND);
  assert.equal(sent(), before + 1);
});

test('a socket whose timeout no timer can wait for times out after as long as one can', () => {
  const { client } = pair({});
  const socket = connect(client, { address: B, port: 7 });
  let timeouts = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    socket.setTimeout(2 ** 40, () => timeouts++);
    mock.timers.tick(LONGEST_TIMER - 1);
    assert.equal(timeouts, 0);
    mock.timers.tick(1);
    assert.equal(timeouts, 1);
  } finally {
    mock.timers.reset();
  }
});
