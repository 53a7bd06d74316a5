import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Stack } from '../../src/ip/stack.ts';
import { connect } from '../../src/node/connect.ts';
import { listen } from '../../src/node/listen.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { Host, PEER_PORT, PORT } from '../support/host.ts';
import { A, B, Wire } from '../support/wire.ts';

/** A client and a server with a connection between them. */
async function pair(): Promise<{ wire: Wire; client: TcpSocket; server: TcpSocket }> {
  const wire = new Wire();
  const accepted: TcpSocket[] = [];
  listen(wire.b, 80, (socket) => accepted.push(socket));
  const client = connect(wire.a, { address: B, port: 80 });
  await run(wire, 100);
  return { wire, client, server: accepted[0]! };
}

/** Lets virtual time and the event loop go on in turns. */
async function run(wire: Wire, ms: number): Promise<void> {
  const end = wire.now + ms;
  while (wire.now < end) {
    await turn();
    wire.run(Math.min(end, wire.now + Math.max(1, ms / 50)));
  }
  await turn();
}

/** The flags of what `from` sent, from the given place in the log on. */
function flags(wire: Wire, from: 'a' | 'b', since: number): number[] {
  return wire.log.slice(since).flatMap((entry) => (entry.from === from ? [entry.datagram[33]!] : []));
}

test('connect: "connect" is emitted, addresses and state are told', async () => {
  const wire = new Wire();
  listen(wire.b, 80, () => {});
  const client = connect(wire.a, { address: B, port: 80, localPort: 5000 });
  assert.equal(client.connecting, true);
  assert.equal(client.state, 'SYN-SENT');
  const connected = once(client, 'connect');
  await run(wire, 100);
  await connected;
  assert.equal(client.connecting, false);
  assert.equal(client.state, 'ESTABLISHED');
  assert.deepEqual(
    [client.localAddress, client.localPort, client.remoteAddress, client.remotePort],
    ['192.168.7.1', 5000, B, 80],
  );
});

test('connect: a closed port gives ECONNREFUSED, silence ETIMEDOUT', async () => {
  const wire = new Wire();
  const refused = connect(wire.a, { address: B, port: 81 });
  const error = once(refused, 'error');
  await run(wire, 100);
  assert.equal((await error)[0].code, 'ECONNREFUSED');
  wire.filter = () => undefined;
  const silent = connect(wire.a, { address: B, port: 80 });
  const late = once(silent, 'error');
  await run(wire, 200_000);
  assert.equal((await late)[0].code, 'ETIMEDOUT');
});

test('connect: a timeout ends the attempt', async () => {
  const wire = new Wire();
  wire.filter = () => undefined;
  const silent = connect(wire.a, { address: B, port: 80, timeout: 5000 });
  const late = once(silent, 'error');
  await run(wire, 4999);
  assert.equal(silent.state, 'SYN-SENT');
  await run(wire, 2);
  assert.equal((await late)[0].code, 'ETIMEDOUT');
});

test('connect: the timeout holds even where the line never carried the SYN', async () => {
  const stack = new Stack({ address: A });
  const stuck = connect(stack, { address: B, port: 80, timeout: 5000 });
  const late = once(stuck, 'error');
  stack.expire(1000);
  assert.equal(stack.deadline(), 6000);
  stack.expire(6000);
  assert.equal((await late)[0].code, 'ETIMEDOUT');
});

test('connect: a timeout is of no importance once the connection stands', async () => {
  const wire = new Wire();
  listen(wire.b, 80, () => {});
  const client = connect(wire.a, { address: B, port: 80, timeout: 5000 });
  await run(wire, 60_000);
  assert.equal(client.state, 'ESTABLISHED');
});

test('connect: a signal gives AbortError and forgets the connection, before and after it is there', async () => {
  for (const ms of [0, 100]) {
    const wire = new Wire();
    listen(wire.b, 80, (socket) => socket.resume().end());
    const controller = new AbortController();
    const client = connect(wire.a, { address: B, port: 80, signal: controller.signal });
    await run(wire, ms);
    const error = once(client, 'error');
    controller.abort();
    assert.equal((await error)[0].name, 'AbortError');
    await run(wire, 70_000);
    assert.equal(wire.a.connectionCount + wire.b.connectionCount, 0);
  }
});

test('connect: a signal that was given before sends nothing', async () => {
  const wire = new Wire();
  const client = connect(wire.a, { address: B, port: 80, signal: AbortSignal.abort() });
  const error = once(client, 'error');
  await run(wire, 1000);
  assert.equal((await error)[0].name, 'AbortError');
  assert.deepEqual(wire.log, []);
});

test('connect: ephemeral ports differ, lie in 49152 to 65535, and are not counted up from one place for all (RFC 6056)', () => {
  const { a } = new Wire();
  const ports = [80, 80, 80, 81].map((port) => connect(a, { address: B, port }).localPort);
  const [first, second, third, other] = ports as [number, number, number, number];
  assert.ok(ports.every((port) => port >= 49_152 && port <= 65_535));
  assert.deepEqual([second, third], [first + 1, first + 2]);
  assert.notEqual(other, first + 3);
});

test('connect: what cannot be is refused at once, with a code', () => {
  const { a } = new Wire({ maxConnections: 16_384 });
  for (const port of [0, 65_536, 1.5, Number.NaN]) {
    assert.throws(() => connect(a, { address: B, port }), RangeError);
    assert.throws(() => connect(a, { address: B, port: 80, localPort: port }), RangeError);
  }
  connect(a, { address: B, port: 80, localPort: 50_000 });
  assert.throws(() => connect(a, { address: B, port: 80, localPort: 50_000 }), { code: 'EADDRINUSE' });
  while (a.connectionCount < 16_384) connect(a, { address: B, port: 80 });
  assert.throws(() => connect(a, { address: B, port: 80 }), { code: 'EADDRNOTAVAIL' });
  assert.throws(() => connect(a, { address: B, port: 80, localPort: 1 }), { code: 'ENOBUFS' });
});

test('connect: an address that is no host’s is refused (RFC 9293 §3.9.2.3)', () => {
  const wire = new Wire();
  for (const address of ['224.0.0.1', '255.255.255.255', '0.0.0.0', 'host']) {
    assert.throws(() => connect(wire.a, { address, port: 80 }), RangeError);
  }
});

test('end() sends FIN after what was written; the other half goes on', async () => {
  const { wire, client, server } = await pair();
  client.end('the last words');
  await run(wire, 100);
  assert.equal(client.state, 'FIN-WAIT-2');
  assert.equal(server.read()?.toString(), 'the last words');
  await run(wire, 10);
  server.write('and the answer');
  await run(wire, 100);
  assert.equal(client.read()?.toString(), 'and the answer');
  server.end();
  client.resume();
  await run(wire, 100);
  assert.equal(client.state, 'TIME-WAIT');
  assert.equal(server.state, 'CLOSED');
});

test('destroy() before establishment forgets the connection, and a SYN that was sent is reset when it is answered', async () => {
  const wire = new Wire();
  listen(wire.b, 80, () => assert.fail('accepted'));
  const client = connect(wire.a, { address: B, port: 80 });
  wire.run(0);
  client.destroy();
  assert.equal(wire.a.connectionCount, 0);
  await run(wire, 1000);
  assert.deepEqual(flags(wire, 'a', 0), [Flag.SYN, Flag.RST]);
  assert.equal(wire.b.connectionCount, 0);
});

test('destroy() after establishment closes by FIN, and text that still comes is answered by RST', async () => {
  const { wire, client, server } = await pair();
  const since = wire.log.length;
  client.destroy();
  await run(wire, 100);
  assert.equal(client.state, 'FIN-WAIT-2');
  assert.ok(flags(wire, 'a', since).every((flag) => !(flag & Flag.RST)));
  const reset = once(server, 'error');
  server.write('too late');
  await run(wire, 100);
  assert.equal((await reset)[0].code, 'ECONNRESET');
  assert.equal(wire.a.counters['tcp-text-after-close'], 1);
});

test('destroy() with text unread resets (RFC 1122 §4.2.2.13), also after the peer has closed', async () => {
  for (const ends of [false, true]) {
    const { wire, client, server } = await pair();
    server.write(Buffer.alloc(40_000));
    if (ends) server.end();
    await run(wire, 1000);
    server.on('error', () => {});
    client.destroy();
    await run(wire, 100);
    assert.equal(client.state, 'CLOSED');
    assert.equal(wire.a.counters.resetsOut, 1);
  }
});

test('resetAndDestroy() sends RST', async () => {
  const { wire, client, server } = await pair();
  const reset = once(server, 'error');
  client.resetAndDestroy();
  await run(wire, 100);
  assert.equal((await reset)[0].code, 'ECONNRESET');
  assert.equal(wire.a.connectionCount + wire.b.connectionCount, 0);
});

test('the stream’s own destroy disturbs no closing state: all are passed through', async () => {
  const { wire, client, server } = await pair();
  client.resume().end();
  server.resume().end();
  await run(wire, 1000);
  assert.ok(client.destroyed && server.destroyed);
  assert.equal(wire.a.counters.resetsOut + wire.b.counters.resetsOut, 0);
  await run(wire, 61_000);
  assert.equal(wire.a.connectionCount + wire.b.connectionCount, 0);
});

test('listener.close() leaves accepted sockets alive and refuses new ones', async () => {
  const wire = new Wire();
  const accepted: TcpSocket[] = [];
  const listener = listen(wire.b, 80, (socket) => accepted.push(socket));
  const client = connect(wire.a, { address: B, port: 80 });
  await run(wire, 100);
  listener.close();
  client.write('still there');
  const late = connect(wire.a, { address: B, port: 80 });
  const refused = once(late, 'error');
  await run(wire, 100);
  assert.equal(accepted[0]!.read()?.toString(), 'still there');
  assert.equal((await refused)[0].code, 'ECONNREFUSED');
  listen(wire.b, 80, () => {});
});

test('two listeners on one port are refused', () => {
  const wire = new Wire();
  listen(wire.b, 80, () => {});
  assert.throws(() => listen(wire.b, 80, () => {}), /port 80 is in use/);
});

test('deferAccept: the socket comes with the first text, and the text with it', async () => {
  const wire = new Wire();
  const accepted: TcpSocket[] = [];
  listen(wire.b, 80, (socket) => accepted.push(socket), { deferAccept: true });
  const client = connect(wire.a, { address: B, port: 80 });
  await run(wire, 1000);
  assert.equal(client.state, 'ESTABLISHED');
  assert.equal(accepted.length, 0);
  client.write('now');
  await run(wire, 100);
  assert.equal(accepted[0]!.read()?.toString(), 'now');
});

test('a slow reader: the writer is held back within both buffers', async () => {
  const { wire, client, server } = await pair();
  while (server.write(Buffer.alloc(16_384)));
  await run(wire, 10_000);
  for (let i = 0; i < 100; i++) if (server.writableLength === 0) server.write(Buffer.alloc(16_384));
  await run(wire, 10_000);
  assert.ok(server.bytesWritten <= 65_535 + 65_535 + client.readableLength);
  let got = 0;
  client.on('data', (chunk: Buffer) => (got += chunk.length));
  await run(wire, 60_000);
  assert.equal(got, server.bytesWritten);
});

test('"timeout" is emitted after silence and leaves the socket as it is', async () => {
  const { client } = await pair();
  const alive = setInterval(() => {}, 1000); // the socket's timer alone keeps no process alive
  client.setTimeout(5);
  await once(client, 'timeout');
  clearInterval(alive);
  assert.equal(client.destroyed, false);
  assert.equal(client.timeout, 5);
  client.setTimeout(0);
});

test('node:http serves over it: a megabyte arrives intact, and many requests on one connection', async () => {
  const wire = new Wire();
  const body = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 31) & 255));
  const http = createServer((_, response) => response.end(body));
  listen(wire.b, 80, (socket) => http.emit('connection', socket));
  const client = connect(wire.a, { address: B, port: 80 });
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(client, 'end');
  client.write('GET / HTTP/1.1\r\nHost: b\r\n\r\n');
  client.write('GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n');
  await Promise.race([ended, run(wire, 60_000)]);
  const all = Buffer.concat(chunks);
  const first = all.indexOf('\r\n\r\n') + 4;
  assert.deepEqual(all.subarray(first, first + body.length), body);
  assert.deepEqual(all.subarray(-body.length), body);
});

test('a peer that is reported unreachable and stays silent gives EHOSTUNREACH', async () => {
  const host = new Host();
  const socket = connect(host.stack, { address: A, port: PEER_PORT, localPort: PORT });
  host.sent();
  host.arrives('icmp unreachable host [0:0(0)]');
  const error = once(socket, 'error');
  host.advance(200_000);
  assert.equal((await error)[0].code, 'EHOSTUNREACH');
  assert.equal(socket.state, 'CLOSED');
});

test('errors name the call, the code and the peer, as those of net.Socket do', async () => {
  const wire = new Wire();
  const socket = connect(wire.a, { address: B, port: 81 });
  const error = once(socket, 'error');
  await run(wire, 100);
  const [{ message, code, syscall, address, port }] = await error;
  assert.deepEqual(
    [message, code, syscall, address, port],
    ['connect ECONNREFUSED 192.168.7.2:81', 'ECONNREFUSED', 'connect', B, 81],
  );
});

test('a reset by the peer is told to whoever reads or writes: ECONNRESET, then "close"', async () => {
  const { wire, client, server } = await pair();
  const events: string[] = [];
  server.on('error', (error: NodeJS.ErrnoException) => events.push(error.code!));
  server.on('close', () => events.push('close'));
  server.on('end', () => events.push('end'));
  server.resume();
  client.resetAndDestroy();
  await run(wire, 100);
  assert.deepEqual(events, ['ECONNRESET', 'close']);
});

test('end() before the handshake is done sends what was written, then FIN', async () => {
  const wire = new Wire();
  const accepted: TcpSocket[] = [];
  listen(wire.b, 80, (socket) => accepted.push(socket));
  const client = connect(wire.a, { address: B, port: 80 });
  client.end('early');
  await run(wire, 100);
  assert.equal(accepted[0]!.read()?.toString(), 'early');
  assert.equal(client.state, 'FIN-WAIT-2');
});

test('a peer that half-closes still gets all of a long answer', async () => {
  const { wire, client, server } = await pair();
  server.on('data', () => {});
  server.on('end', () => server.end(Buffer.alloc(300_000, 7)));
  let got = 0;
  client.on('data', (chunk: Buffer) => (got += chunk.length));
  client.end('question');
  await run(wire, 60_000);
  assert.equal(got, 300_000);
  assert.equal(client.state, 'TIME-WAIT');
});

test('stack.close() resets all, and each socket hears of its end', async () => {
  for (const halfClosed of [false, true]) {
    const { wire, client, server } = await pair();
    if (halfClosed) client.end();
    server.resume();
    await run(wire, 100);
    server.write(Buffer.alloc(200_000));
    const closed = once(server, 'close');
    const reset = once(client, 'error');
    wire.b.close();
    await run(wire, 100);
    await closed;
    assert.equal((await reset)[0].code, 'ECONNRESET');
    assert.equal(wire.b.connectionCount, 0);
  }
});

test('deferAccept: who says nothing and leaves is never seen, who says nothing and closes is', async () => {
  for (const leaves of [true, false]) {
    const wire = new Wire();
    const accepted: TcpSocket[] = [];
    listen(wire.b, 80, (socket) => accepted.push(socket), { deferAccept: true });
    const client = connect(wire.a, { address: B, port: 80 });
    await run(wire, 100);
    if (leaves) client.resetAndDestroy();
    else client.end();
    await run(wire, 100);
    assert.equal(accepted.length, leaves ? 0 : 1);
    assert.equal(wire.b.connectionCount, leaves ? 0 : 1);
  }
});

test('setKeepAlive notices a peer that is gone', async () => {
  const { wire, server } = await pair();
  server.setKeepAlive(true, 1000);
  server.resume();
  const error = once(server, 'error');
  wire.filter = () => undefined;
  await run(wire, 20_000);
  assert.equal((await error)[0].code, 'ETIMEDOUT');
});

test('bytesRead and bytesWritten count text', async () => {
  const { wire, client, server } = await pair();
  client.write(Buffer.alloc(5000));
  server.resume();
  await run(wire, 100);
  assert.deepEqual([client.bytesWritten, server.bytesRead, client.bytesRead], [5000, 5000, 0]);
});

test('destroy() twice, and after the end, does nothing more', async () => {
  const { wire, client, server } = await pair();
  server.resume().end();
  client.resume().end();
  await run(wire, 1000);
  client.destroy().destroy();
  server.destroy();
  await run(wire, 100);
  assert.equal(wire.a.counters.resetsOut + wire.b.counters.resetsOut, 0);
});

test('70,000 connections in turn, some reset amidst closing, leave nothing behind', () => {
  const wire = new Wire();
  wire.b.tcp.listen({
    port: 80,
    backlog: 128,
    deferAccept: false,
    halfOpen: 0,
    accept: (c) => c.close(),
  });
  for (let i = 0; i < 70_000; i++) {
    const connection = wire.a.tcp.connect(parseAddress(B), 80, { localPort: 1024 + (i % 60_000) });
    wire.run(wire.now + (i % 4));
    if (i % 7 === 0) connection.abort();
    else connection.close();
    wire.run(wire.now + 3);
    wire.log.length = 0;
  }
  wire.run(wire.now + 400_000);
  assert.equal(wire.a.connectionCount + wire.b.connectionCount, 0);
  assert.equal(Math.min(wire.a.deadline(), wire.b.deadline()), Number.POSITIVE_INFINITY);
});

test('strings arrive in their encodings, whatever has to wait and is written meanwhile', async () => {
  const { wire, client, server } = await pair();
  const texts: [text: string, encoding: BufferEncoding][] = [
    ['x'.repeat(60_000), 'utf8'],
    ['é'.repeat(10_000), 'utf8'],
    ['ÿ'.repeat(20_000), 'latin1'],
    ['00ff'.repeat(5000), 'hex'],
    ['€'.repeat(30_000), 'utf8'],
  ];
  const got: Buffer[] = [];
  server.on('data', (chunk: Buffer) => {
    got.push(chunk);
    server.write('z'.repeat(1000));
  });
  client.resume();
  for (const [text, encoding] of texts) client.write(text, encoding);
  await run(wire, 60_000);
  assert.deepEqual(
    Buffer.concat(got),
    Buffer.concat(texts.map(([text, encoding]) => Buffer.from(text, encoding))),
  );
});

test('onceDelivered: told when the other end has acknowledged what was written until then, not before', async () => {
  const { wire, client, server } = await pair();
  const told: string[] = [];
  client.onceDelivered(() => told.push('nothing'));
  server.resume();
  client.write(Buffer.alloc(5000));
  client.onceDelivered(() => told.push('first'));
  client.write(Buffer.alloc(60_000));
  client.onceDelivered(() => told.push('second'));
  assert.deepEqual(told, ['nothing']);
  while (told.length < 2) await run(wire, 1);
  assert.deepEqual(told, ['nothing', 'first']);
  assert.ok(server.bytesRead >= 5000);
  await run(wire, 2000);
  assert.deepEqual(told, ['nothing', 'first', 'second']);
  client.write(Buffer.alloc(10));
  client.onceDelivered(() => told.push('never'));
  server.resetAndDestroy();
  client.on('error', () => {});
  await run(wire, 2000);
  assert.equal(told.length, 3);
});
