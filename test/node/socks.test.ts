import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { StackOptions } from '../../src/ip/stack.ts';
import { listen } from '../../src/node/listen.ts';
import { socks } from '../../src/node/socks.ts';
import { Joined } from '../support/joined.ts';

const NO_AUTHENTICATION = [5, 1, 0];
const IPV4 = [1, 192, 168, 7, 2];
const name = (text: string) => [3, text.length, ...Buffer.from(text)];
const request = (command: number, host: number[], port = 80) => [
  5,
  command,
  0,
  ...host,
  port >> 8,
  port & 255,
];

/** A proxy on the host, to a far end that echoes on port 80. */
async function proxy(t: TestContext, options: Partial<StackOptions> = {}) {
  const joined = new Joined(options);
  t.after(() => joined.stop());
  listen(joined.far, 80, (socket) => socket.on('error', () => {}).pipe(socket));
  const port = await joined.listening(socks(joined.near, { host: '127.0.0.1', port: 0 }));
  return { joined, client: () => joined.client(port) };
}

/** The first `count` bytes that come, in hexadecimal; fewer where it ends before. */
async function first(client: Socket, count: number): Promise<string> {
  let heard = Buffer.alloc(0);
  client.on('data', (chunk: Buffer) => (heard = Buffer.concat([heard, chunk])));
  while (heard.length < count && !client.readableEnded) await turn();
  return heard.toString('hex');
}

for (const [what, host] of [
  ['an IPv4 address', IPV4],
  ['a dotted quad in place of a name', name('192.168.7.2')],
] as const) {
  test(`a client connects by ${what}, is told its own address and port, and its bytes are carried`, async (t) => {
    const { joined, client: newClient } = await proxy(t);
    const client = await newClient();
    client.write(Buffer.from(NO_AUTHENTICATION));
    assert.equal(await first(client, 2), '0500');
    client.write(Buffer.from(request(1, [...host])));
    const reply = await first(client, 10);
    const [connection] = joined.near.connections;
    assert.equal(reply, `05000001c0a80701${connection!.localPort.toString(16)}`);
    client.end('echo');
    assert.equal(await first(client, 4), '6563686f');
    while (!client.readableEnded) await turn();
  });
}

test('a request byte by byte is understood, and so is one with its text in one piece', async (t) => {
  const { client: newClient } = await proxy(t);
  const all = Buffer.from([...NO_AUTHENTICATION, ...request(1, IPV4), 0x61, 0x62]);
  for (const size of [1, all.length]) {
    const client = await newClient();
    for (let i = 0; i < all.length; i += size) client.write(all.subarray(i, i + size));
    assert.match(await first(client, 14), /^050005000001c0a80701....6162$/);
    client.destroy();
  }
});

test('a request in pieces that come long after each other is understood', async (t) => {
  const { client: newClient } = await proxy(t);
  const client = await newClient();
  for (const byte of [...NO_AUTHENTICATION, ...request(1, IPV4), 0x61, 0x62]) {
    await new Promise<void>((resolve) => client.write(Buffer.of(byte), () => resolve()));
    for (let i = 0; i < 5; i++) await turn();
  }
  assert.match(await first(client, 14), /^050005000001c0a80701....6162$/);
  client.destroy();
});

// biome-ignore format: a table
const REFUSED: [string, number[], string][] = [
  ['a port where nobody listens',  request(1, IPV4, 81), '0505'],
  ['a name',                       request(1, name('example.org')), '0508'],
  ['an IPv6 address',              request(1, [4, ...Array(16).fill(1)]), '0508'],
  ['a command other than CONNECT', request(2, IPV4), '0507'],
  ['what is no address of a host', request(1, [1, 224, 0, 0, 1]), '0501'],
  ['port 0',                       request(1, IPV4, 0), '0501'],
];
for (const [what, bytes, code] of REFUSED) {
  test(`${what} is refused with ${code.slice(2)}`, async (t) => {
    const { client: newClient } = await proxy(t);
    const client = await newClient();
    client.write(Buffer.from([...NO_AUTHENTICATION, ...bytes]));
    assert.equal(await first(client, 12), `0500${code}0001000000000000`);
    await once(client.resume().end(), 'close');
  });
}

test('a host that does not answer is refused with 04', async (t) => {
  const { joined, client: newClient } = await proxy(t, { userTimeout: 100 });
  joined.line.aToB.cut = true;
  const client = await newClient();
  client.write(Buffer.from([...NO_AUTHENTICATION, ...request(1, IPV4)]));
  assert.match(await first(client, 12), /^05000504/);
});

test('a client that insists on authentication is told that there is none', async (t) => {
  const { client: newClient } = await proxy(t);
  const client = await newClient();
  client.write(Buffer.from([5, 1, 2]));
  assert.equal(await first(client, 2), '05ff');
  await once(client.resume().end(), 'close');
});

for (const [what, bytes] of [
  ['SOCKS4', [4, 1, 0, 80]],
  ['HTTP', [...Buffer.from('GET / HTTP/1.0\r\n\r\n')]],
  ['an address of no known kind', [...NO_AUTHENTICATION, ...request(1, [9, 1, 2])]],
] as const) {
  test(`${what} is hung up on`, { timeout: 10_000 }, async (t) => {
    const { client: newClient } = await proxy(t);
    const client = await newClient();
    client.write(Buffer.from(bytes));
    await Promise.race([once(client.resume(), 'end'), once(client, 'close')]);
  });
}

test('a client that goes while its connection is being opened takes it along', async (t) => {
  const { joined, client: newClient } = await proxy(t);
  joined.line.aToB.cut = true;
  const client = await newClient();
  client.write(Buffer.from([...NO_AUTHENTICATION, ...request(1, IPV4)]));
  assert.equal(await first(client, 2), '0500');
  while (joined.near.connectionCount === 0) await turn();
  client.resetAndDestroy();
  while (joined.near.connectionCount > 0) await turn();
});
