import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { createHttpServer } from '../../src/web/http-server.ts';
import { streamPair } from '../support/stream-pair.ts';
import { folder, turnsUntil, Web } from '../support/web.ts';

const GET = 'GET / HTTP/1.1\r\nHost: line\r\n';

test('a request that is never finished is closed with 408', async () => {
  const web = await Web.open({ limits: { headersTimeout: 50, requestTimeout: 100 } });
  assert.match((await web.raw('GET / HTTP/1.1\r\nHost: line\r\n')).toString(), /^HTTP\/1\.1 408 /);
});

test('headers without end are answered by 431', async () => {
  const web = await Web.open();
  const request = `GET / HTTP/1.1\r\nHost: line\r\nX: ${'x'.repeat(10_000)}\r\n\r\n`;
  assert.match((await web.raw(request)).toString(), /^HTTP\/1\.1 431 /);
});

test('two lengths for one body are answered by 400', async () => {
  const web = await Web.open();
  const request =
    'POST / HTTP/1.1\r\nHost: line\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  assert.match((await web.raw(request)).toString(), /^HTTP\/1\.1 400 /);
});

test('requests in one go are answered in order', async () => {
  const web = await Web.open();
  const request = (path: string, connection: string) =>
    `HEAD ${path} HTTP/1.1\r\nHost: line\r\nConnection: ${connection}\r\n\r\n`;
  const answer = (await web.raw(request('/nowhere', 'keep-alive') + request('/', 'close'))).toString();
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('a body larger than the limit is answered by 413, told or not', async () => {
  const web = await Web.open({ limits: { maxBodySize: 10 } });
  const post = 'POST / HTTP/1.1\r\nHost: line\r\n';
  const told = await web.raw(`${post}Content-Length: 11\r\n\r\n`);
  assert.match(told.toString(), /^HTTP\/1\.1 413 .*Connection: close/s);
  const asked = await web.raw(`${post}Content-Length: 11\r\nExpect: 100-continue\r\n\r\n`);
  assert.match(asked.toString(), /^HTTP\/1\.1 413 /, 'and no 100 before');
});

test('a body that grows beyond the limit is answered by 413 while it is read', async () => {
  const server = createHttpServer((request) => request.resume(), { maxBodySize: 10 });
  const [near, far] = streamPair();
  server.emit('connection', far);
  near.write('POST / HTTP/1.1\r\nHost: line\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n');
  near.write('6\r\n123456\r\n0\r\n\r\n');
  const [answer] = await once(near, 'data');
  assert.match(answer.toString(), /^HTTP\/1\.1 413 /);
  near.destroy();
  server.close();
});

test('a post in many pieces is refused once, and its connection closed', async () => {
  const web = await Web.open();
  const [near] = web.connect();
  for (const piece of 'POST / HTTP/1.1\r\nHost: line\r\nContent-Length: 5\r\n\r\nhello') near.write(piece);
  assert.match((await readAll(near)).toString(), /^HTTP\/1\.1 405 .*Allow: GET, HEAD/s);
});

test('a request in pieces of one byte is answered', async () => {
  const web = await Web.open();
  const [near] = web.connect();
  for (const piece of `${GET}Connection: close\r\n\r\n`) near.write(piece);
  assert.match((await readAll(near)).toString(), /^HTTP\/1\.1 200 /);
});

test('a client that goes amidst its body disturbs nobody', async () => {
  const web = await Web.open();
  const [near] = web.connect();
  near.write('POST / HTTP/1.1\r\nHost: line\r\nContent-Length: 1000\r\n\r\nhello');
  near.destroy(new Error('reset'));
  near.on('error', () => {});
  assert.equal((await web.get('/')).status, 200);
});

test('twenty idle connections keep nobody waiting, and go when their time is up', async () => {
  const web = await Web.open({ limits: { keepAliveTimeout: 30 } });
  const idle = Array.from({ length: 20 }, () => web.connect()[0]);
  for (const near of idle) near.write(`${GET}\r\n`);
  await turnsUntil(() => web.log.filter((line) => line.msg === 'request').length === 20);
  assert.equal((await web.get('/')).status, 200);
  for (const near of idle) await readAll(near);
});

//  version and headers                     Connection in the answer     rule
const KEPT: [string, string | undefined, string][] = [
  ['HTTP/1.1\r\nHost: line', undefined, 'persists without being said'],
  ['HTTP/1.1\r\nHost: line\r\nConnection: close', undefined, 'the client said it'],
  ['HTTP/1.0', 'close', 'does not persist'],
  ['HTTP/1.0\r\nConnection: keep-alive', 'keep-alive', 'persists only when told so'],
];
for (const [version, connection, rule] of KEPT) {
  test(`the Connection header for ${JSON.stringify(version)}: ${rule}`, async () => {
    const [near] = (await Web.open()).connect();
    near.write(`GET /status ${version}\r\n\r\n`);
    const [chunk] = await once(near, 'data');
    assert.equal(/^Connection: (.*)\r$/m.exec(chunk.toString())?.[1], connection);
    assert.doesNotMatch(chunk.toString(), /^Date:/m);
    near.destroy();
  });
}

test('the last request that a connection may make is told so', async () => {
  const web = await Web.open({ limits: { maxRequestsPerSocket: 2 }, site: folder({ 'a.txt': 'a' }) });
  const get = 'GET /a.txt HTTP/1.1\r\nHost: line\r\n\r\n';
  const answers = (await web.raw(get + get)).toString();
  assert.deepEqual(answers.match(/HTTP\/1\.1 200|Connection: close/g), [
    'HTTP/1.1 200',
    'HTTP/1.1 200',
    'Connection: close',
  ]);
});

test('a refused client that keeps sending is answered once', async () => {
  const [near] = (await Web.open()).connect();
  near.write('NONSENSE\r\n\r\n');
  near.write('MORE NONSENSE\r\n\r\n');
  const [answer] = await once(near, 'data');
  assert.match(
    answer.toString(),
    /^HTTP\/1\.1 400 [^\n]*\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/,
  );
  near.destroy();
});

test('closing calls back, though the server never listened', async () => {
  const server = createHttpServer(() => {});
  await new Promise((resolve) => server.close(resolve));
});

async function readAll(near: Duplex): Promise<Buffer> {
  const alive = setInterval(() => {}, 60_000);
  const chunks: Buffer[] = [];
  for await (const chunk of near) chunks.push(chunk);
  clearInterval(alive);
  return Buffer.concat(chunks);
}
