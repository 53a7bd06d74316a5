import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Web } from '../support/web.ts';

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
