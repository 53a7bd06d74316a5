import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SlipLine } from '../../src/line/slip-line.ts';
import { isSocketPath, openSocketLine, type SocketOptions } from '../../src/line/socket.ts';

const datagram = (fill: number, length = 100) => new Uint8Array(length).fill(fill).fill(0x45, 0, 1);

/** A serial port behind a socket, such as QEMU's: what arrives goes back. */
async function echoServer(t: TestContext, where: { port: number } | { path: string }) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.pipe(socket);
  });
  server.listen(where);
  await once(server, 'listening');
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.after(stop);
  return { stop, sockets, port: (server.address() as AddressInfo).port };
}

async function open(t: TestContext, options: SocketOptions): Promise<SlipLine> {
  const line = await openSocketLine(options);
  t.after(() => line.close());
  return line;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'socket-line-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function echo(line: SlipLine, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve) => {
    line.onDatagram = (datagram) => resolve(datagram.slice());
    line.send(bytes);
  });
}

test('socket: datagrams cross a TCP socket and a Unix socket', async (t) => {
  const tcp = await echoServer(t, { port: 0 });
  const unix = join(folder(t), 'serial');
  await echoServer(t, { path: unix });
  for (const path of [`tcp:127.0.0.1:${tcp.port}`, `unix:${unix}`]) {
    const line = await open(t, { path });
    assert.deepEqual(await echo(line, datagram(0xc0)), datagram(0xc0));
  }
});

test('socket: an IPv6 address stands in brackets', async () => {
  await assert.rejects(openSocketLine({ path: 'tcp:[::1]:1' }), (error: NodeJS.ErrnoException) => {
    return error.code !== 'EINVAL' && error.code !== 'ENOTFOUND';
  });
});

test('socket: a reader that pauses loses no frame boundaries', async (t) => {
  const server = await echoServer(t, { port: 0 });
  const line = await open(t, { path: `tcp:127.0.0.1:${server.port}`, baud: 0 });
  await echo(line, datagram(0));
  const [socket] = server.sockets;
  socket!.unpipe().pause();
  let received = 0;
  const all = new Promise<void>((resolve) => {
    line.onDatagram = (bytes) => {
      assert.deepEqual(bytes, datagram(received % 256, 1500));
      if (++received === 2000) resolve();
    };
  });
  let sent = 0;
  line.onReady = () => {
    while (line.ready && sent < 2000) line.send(datagram(sent++ % 256, 1500));
    if (!line.ready) socket!.resume();
  };
  socket!.on('data', (bytes) => socket!.write(bytes));
  line.onReady();
  socket!.resume();
  await all;
});

//   path                         code             message
const failures: [string, string, RegExp][] = [
  ['tcp:127.0.0.1:1', 'ECONNREFUSED', /^nothing listens at port tcp:127.0.0.1:1$/],
  ['unix:/nowhere/serial', 'ENOENT', /^port unix:\/nowhere\/serial does not exist$/],
  ['tcp:localhost', 'EINVAL', /is neither tcp:HOST:PORT nor unix:PATH$/],
  ['tcp:localhost:70000', 'EINVAL', /is neither/],
  ['unix:', 'EINVAL', /is neither/],
];

for (const [path, code, message] of failures) {
  test(`socket: ${path} fails with ${code}, said in one line`, async () => {
    await assert.rejects(openSocketLine({ path }), { name: 'PortError', code, message });
  });
}

test('socket: a connection that breaks is made anew, and the line says so', async (t) => {
  const path = join(folder(t), 'serial');
  const server = await echoServer(t, { path });
  const line = await open(t, { path: `unix:${path}` });
  const lost = new Promise<string>((resolve) => (line.onLost = resolve));
  const restored = new Promise<void>((resolve) => (line.onRestored = resolve));
  await server.stop();
  assert.equal(await lost, `unix:${path} was closed by the other side`);
  assert.equal(line.ready, false);
  line.send(datagram(1));
  await echoServer(t, { path });
  const start = performance.now();
  await restored;
  assert.ok(performance.now() - start < 2000);
  assert.deepEqual(await echo(line, datagram(2)), datagram(2));
});

test('socket: one that is not there yet is waited for', async (t) => {
  const path = join(folder(t), 'serial');
  const line = await open(t, { path: `unix:${path}`, wait: true });
  assert.equal(line.isOpen, false);
  const restored = new Promise<void>((resolve) => (line.onRestored = resolve));
  await echoServer(t, { path });
  await restored;
  assert.equal(line.ready, true);
});

test('socket: paths of sockets are told from devices', () => {
  assert.deepEqual(['tcp:a:1', 'unix:/x', '/dev/ttyS0', 'COM3'].map(isSocketPath), [
    true,
    true,
    false,
    false,
  ]);
});
