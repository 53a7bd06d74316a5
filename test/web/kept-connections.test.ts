import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createHttpServer } from '../../src/web/http-server.ts';
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
