import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Stack } from '../../src/ip/stack.ts';
import type { Line } from '../../src/line/line.ts';
import { VirtualLine, type VirtualLineOptions } from '../../src/line/virtual-line.ts';
import { connect } from '../../src/node/connect.ts';
import { drive } from '../../src/node/drive.ts';
import { listen } from '../../src/node/listen.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B, fixedRandom } from '../support/wire.ts';

/** A client and a server, each driven at its end of a serial line. */
function driven(options: VirtualLineOptions = {}) {
  const clock = new VirtualClock();
  const line = new VirtualLine({ clock, ...options });
  const baud = options.baud ?? 115_200;
  const client = new Stack({ address: A, random: fixedRandom(1), baud });
  const server = new Stack({ address: B, random: fixedRandom(2), baud });
  const drivers = [drive(client, line.a, { clock }), drive(server, line.b, { clock })];
  return { clock, line, client, server, drivers };
}

/** A line that is always ready and notes what it is given. */
function openLine(): Line & { sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  return {
    sent,
    ready: true,
    send: (datagram) => sent.push(datagram),
    onDatagram: () => {},
    onReady: () => {},
    counters: {},
    close: async () => {},
  };
}

test('a deadline further away than any timer of Node reaches is waited for in steps', async () => {
  const waits: number[] = [];
  const clock = {
    now: () => 0,
    setTimeout: (_: () => void, ms: number) => void waits.push(ms),
    clearTimeout: () => {},
  };
  const stack = new Stack({ address: B });
  stack.deadline = () => 40 * 86_400_000;
  const driver = drive(stack, openLine(), { clock });
  await new Promise(setImmediate);
  driver.stop();
  assert.deepEqual(waits, [2 ** 31 - 1]);
});

test('a page of a megabyte comes whole over a line that loses, at about the pace of the line', async () => {
  const { clock, client, server } = driven({
    baud: 1_152_000,
    aToB: { errorRate: 1e-6 },
    bToA: { errorRate: 1e-6 },
  });
  const body = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255));
  const http = createServer((_, response) => response.setHeader('Connection', 'close').end(body));
  listen(server, 80, (socket) => http.emit('connection', socket));
  const socket = connect(client, { address: B, port: 80 });
  const hash = createHash('sha256');
  let [length, ended] = [0, false];
  socket.end('GET / HTTP/1.1\r\nHost: b\r\n\r\n');
  socket.on('data', (chunk: Buffer) => {
    // The headers come first and are whole in the first segment.
    const text = length === 0 ? chunk.subarray(chunk.indexOf('\r\n\r\n') + 4) : chunk;
    hash.update(text);
    length += text.length;
  });
  socket.on('end', () => {
    ended = true;
  });
  for (let second = 0; second < 60 && !ended; second++) await clock.advanceWithTurns(1000, 4);
  assert.equal(length, body.length);
  assert.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'));
  assert.ok(clock.now() < 14_000, `it took ${clock.now()} ms`);
  assert.ok(server.counters.retransmissions > 0, 'the line lost something');
});

test('a request that comes octet by octet is served (hazard 49)', async () => {
  const { clock, client, server } = driven();
  const http = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  listen(server, 80, (socket) => http.emit('connection', socket), { deferAccept: true });
  const socket = connect(client, { address: B, port: 80 }).setNoDelay();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await clock.advanceWithTurns(100);
  for (const octet of 'GET /slowly HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n') {
    socket.write(octet);
    await clock.advanceWithTurns(20);
  }
  await clock.advanceWithTurns(1000);
  assert.match(Buffer.concat(chunks).toString(), /GET \/slowly$/);
});

test('nothing is sent while the line is not ready, and what waited goes when it is', async () => {
  const stack = new Stack({ address: B });
  const line = openLine();
  Object.assign(line, { ready: false });
  const driver = drive(stack, line, { clock: new VirtualClock() });
  stack.ping(A, 1, 1, new Uint8Array(8));
  await new Promise(setImmediate);
  assert.equal(line.sent.length, 0);
  Object.assign(line, { ready: true });
  line.onReady();
  await new Promise(setImmediate);
  assert.equal(line.sent.length, 1);
  driver.stop();
});

test('all that happens in one turn is settled by one later turn', async () => {
  const stack = new Stack({ address: B });
  const line = openLine();
  const driver = drive(stack, line, { clock: new VirtualClock() });
  for (let i = 0; i < 5; i++) stack.ping(A, 1, i, new Uint8Array(8));
  assert.equal(line.sent.length, 0, 'nothing is sent within the call');
  await new Promise(setImmediate);
  assert.equal(line.sent.length, 5);
  driver.stop();
});

test('one timer wakes the stack when something is due', async () => {
  const clock = new VirtualClock();
  const stack = new Stack({ address: B });
  const line = openLine();
  const driver = drive(stack, line, { clock });
  connect(stack, { address: A, port: 80 }).on('error', () => {});
  await clock.advanceWithTurns(0);
  assert.equal(clock.next, 1000);
  await clock.advanceWithTurns(3000);
  assert.equal(line.sent.length, 3, 'a SYN, and its repetitions after 1 and 3 s');
  driver.stop();
  assert.equal(clock.next, Number.POSITIVE_INFINITY);
});

test('stop() lets go of line, clock and stack', async () => {
  const { clock, line, client, drivers } = driven();
  for (const driver of drivers) driver.stop();
  client.ping(B, 1, 1, new Uint8Array(8));
  await clock.advanceWithTurns(1000);
  assert.equal(line.a.counters['frames-sent'], 0);
});
