import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createHttpServer, type HttpLimits } from '../../src/web/http-server.ts';
import { streamPair } from '../support/stream-pair.ts';
import { turnsUntil } from '../support/web.ts';

test('an address that has too many makes room among its own, and is refused where all of those are busy', async (t) => {
  const server = createHttpServer((_request, response) => response.end('page'), {
    maxConnectionsPerAddress: 1,
  });
  t.after(() => server.close());
  const ask = async (remoteAddress: string, text: string) => {
    const [near, far] = streamPair();
    const setTimeout = () => far;
    server.emit('connection', Object.assign(far, { remoteAddress, setTimeout }));
    near.write(text);
    const [answer] = await once(near, 'data');
    return { near, status: Number(String(answer).split(' ')[1]) };
  };
  const get = 'GET / HTTP/1.1\r\nHost: line\r\n\r\n';
  const other = await ask('10.0.0.1', get);
  const first = await ask('10.0.0.2', get);
  const second = await ask('10.0.0.2', get);
  await turnsUntil(() => first.near.readableEnded);
  assert.deepEqual([other.status, first.status, second.status], [200, 200, 200]);
  second.near.write('GET / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\nHost: line\r\n\r\n');
  await once(second.near, 'data');
  const third = await ask('10.0.0.2', get);
  assert.equal(third.status, 503);
  other.near.write(get);
  assert.match(String(await once(other.near, 'data')), /^HTTP\/1\.1 200 /);
});

for (const crowdedKeepAliveTimeout of [0, 60_000]) {
  test(`when somebody waits, of those idle for ${crowdedKeepAliveTimeout} ms the longest idle is closed, never one that is busy`, async (t) => {
    const limits: Partial<HttpLimits> = { crowdedKeepAliveTimeout };
    const server = createHttpServer(
      (request, response) => request.url === '/' && response.end('page'),
      limits,
    );
    t.after(() => server.close());
    const open = (target: string) => {
      const [near, far] = streamPair();
      server.emit('connection', Object.assign(far, { remoteAddress: '10.0.0.1', setTimeout: () => far }));
      near.write(`GET ${target} HTTP/1.1\r\nHost: line\r\n\r\n`);
      return near.resume();
    };
    const clients = [open('/never'), open('/'), open('/')];
    await Promise.all(clients.slice(1).map((client) => once(client, 'data')));
    await new Promise((resolve) => setImmediate(resolve));
    server.relieve();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    const isOpen = clients.map((client) => !client.readableEnded);
    assert.deepEqual(isOpen, [true, crowdedKeepAliveTimeout > 0, true]);
  });
}
