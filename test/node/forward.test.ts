import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { StackOptions } from '../../src/ip/stack.ts';
import { forward } from '../../src/node/forward.ts';
import { listen } from '../../src/node/listen.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { Joined } from '../support/joined.ts';
import { B } from '../support/wire.ts';

/** The far end listens on port 80 and the host forwards there. */
async function forwarding(t: TestContext, options: Partial<StackOptions> = {}) {
  const joined = new Joined(options);
  t.after(() => joined.stop());
  const waiting: ((socket: TcpSocket) => void)[] = [];
  listen(joined.far, 80, (socket) => waiting.shift()?.(socket.on('error', () => {})));
  const to = { address: B, port: 80 };
  const port = await joined.listening(forward(joined.near, { host: '127.0.0.1', port: 0, to }));
  const connection = async () => {
    const server = new Promise<TcpSocket>((resolve) => waiting.push(resolve));
    const client = await joined.client(port);
    return { client, server: await server };
  };
  return { joined, port, connection };
}

const codeOf = async (socket: Socket | TcpSocket) => (await once(socket, 'error'))[0].code;

test('a megabyte each way at once arrives unharmed, and both ends end', async (t) => {
  const { joined, connection } = await forwarding(t);
  const { client, server } = await connection();
  const [up, down] = [pattern(1_000_000, 7), pattern(1_000_000, 11)];
  client.end(up);
  server.end(down);
  const [atServer, atClient] = await Promise.all([gather(server), gather(client)]);
  assert.ok(atServer.equals(up) && atClient.equals(down));
  assert.equal(joined.near.counters.resetsOut + joined.far.counters.resetsOut, 0);
});

test('a half-close by the client is carried, and the other half goes on', async (t) => {
  const { connection } = await forwarding(t);
  const { client, server } = await connection();
  client.end('question');
  assert.equal((await gather(server)).toString(), 'question');
  server.end(pattern(300_000, 3));
  assert.equal((await gather(client)).length, 300_000);
});

test('a half-close by the far end is carried, and the other half goes on', async (t) => {
  const { connection } = await forwarding(t);
  const { client, server } = await connection();
  server.end('greeting');
  assert.equal((await gather(client)).toString(), 'greeting');
  client.end(pattern(300_000, 3));
  assert.equal((await gather(server)).length, 300_000);
});

test('a reset by the client is carried', async (t) => {
  const { connection } = await forwarding(t);
  const { client, server } = await connection();
  const code = codeOf(server.resume());
  client.resetAndDestroy();
  assert.equal(await code, 'ECONNRESET');
});

test('a reset by the client right behind text is no half-close', async (t) => {
  const { connection } = await forwarding(t);
  const { client, server } = await connection();
  server.on('end', () => assert.fail('the end'));
  const code = codeOf(server.resume());
  client.write('the last words', () => client.resetAndDestroy());
  assert.equal(await code, 'ECONNRESET');
});

test('a reset by the far end is carried, also to a client that does not read', async (t) => {
  const { connection } = await forwarding(t);
  for (const reads of [true, false]) {
    const { client, server } = await connection();
    if (!reads) server.write(pattern(1000, 1));
    const code = codeOf(client);
    await once(client, 'readable', { signal: AbortSignal.timeout(reads ? 1 : 5000) }).catch(() => {});
    server.resetAndDestroy();
    assert.equal(await code, 'ECONNRESET');
  }
});

test('a far end that refuses is a reset', async (t) => {
  const joined = new Joined();
  t.after(() => joined.stop());
  const to = { address: B, port: 81 };
  const client = await joined.client(
    await joined.listening(forward(joined.near, { host: '127.0.0.1', port: 0, to })),
  );
  assert.equal(await codeOf(client.resume()), 'ECONNRESET');
});

test('a far end that is not there is a reset, once that is certain', async (t) => {
  const { joined, port } = await forwarding(t, { userTimeout: 100 });
  joined.line.aToB.cut = true;
  const client = await joined.client(port);
  assert.equal(await codeOf(client.resume()), 'ECONNRESET');
});

test('a connection for which there is no room is reset, and those that there are go on', async (t) => {
  const { port, connection } = await forwarding(t, { maxConnections: 1 });
  const { client, server } = await connection();
  assert.equal(await codeOf(connect({ port, host: '127.0.0.1' }).resume()), 'ECONNRESET');
  client.end('still there');
  assert.equal((await gather(server)).toString(), 'still there');
});

test('a stack that is closed resets the clients, so that none takes what it got for the whole', async (t) => {
  const { joined, connection } = await forwarding(t);
  const { client, server } = await connection();
  server.write('half of it');
  await once(client, 'data');
  const code = codeOf(client);
  joined.near.close();
  assert.equal(await code, 'ECONNRESET');
});

for (const way of ['from', 'to'] as const) {
  test(`100 MB ${way} the far end reach a reader who takes his time, with bounded memory`, async (t) => {
    const { connection } = await forwarding(t, { receiveBuffer: 500_000, sendBuffer: 500_000 });
    const { client, server } = await connection();
    if (way === 'from') await carryMuch(server, client);
    else await carryMuch(client, server);
  });
}

async function carryMuch(writer: Socket | TcpSocket, reader: Socket | TcpSocket): Promise<void> {
  const size = 100_000_000;
  const source = blocks(size);
  const sent = createHash('sha256');
  source.on('data', (block: Buffer) => sent.update(block));
  source.pipe(writer);

  // What the host's kernel holds for a reader is its own affair, and a few megabytes.
  const bound = 16_000_000;
  await standstill(() => writer.bytesWritten);
  assert.ok(writer.bytesWritten < bound, `${writer.bytesWritten} bytes left before any was read`);

  const read = createHash('sha256');
  let count = 0;
  let ahead = 0;
  for await (const block of reader as AsyncIterable<Buffer>) {
    read.update(block);
    count += block.length;
    ahead = Math.max(ahead, writer.bytesWritten - count);
  }
  assert.equal(count, size);
  assert.ok(ahead < bound, `${ahead} bytes ahead of the reader`);
  assert.equal(read.digest('hex'), sent.digest('hex'));
}

/** All that comes until the end. The writable half is left alone, which stream/consumers would destroy. */
async function gather(socket: Socket | TcpSocket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** Settles when a number has not grown for a while. */
async function standstill(number: () => number): Promise<void> {
  for (let seen = -1, same = 0; same < 20; ) {
    await wait(10);
    same = number() === seen ? same + 1 : 0;
    seen = number();
  }
}

function pattern(length: number, step: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (i * step) & 255));
}

function blocks(size: number): Readable {
  const block = pattern(64_000, 13);
  let left = size;
  return new Readable({
    read() {
      const next = block.subarray(0, Math.min(left, block.length));
      left -= next.length;
      this.push(next.length === 0 ? null : next);
    },
  });
}
