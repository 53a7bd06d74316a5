import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { StaticFiles } from '../../src/web/static-files.ts';
import { dechunk, folder, turnsUntil, Web } from '../support/web.ts';

const LARGE = randomBytes(300_000);
const SMALL = randomBytes(1000);
const TEXT = 'the same words again and again, line by line\n';
const site = folder({
  'large.bin': LARGE,
  'small.bin': SMALL,
  'some.txt': TEXT.repeat(5000),
  'much.txt': TEXT.repeat(50_000),
});

//  Range                  status  Content-Range        bytes            rule
const RANGES: [string, number, string | undefined, number, number, string][] = [
  ['bytes=0-0', 206, 'bytes 0-0/SIZE', 0, 1, 'the first byte alone'],
  ['bytes=500-599', 206, 'bytes 500-599/SIZE', 500, 600, 'from the midst'],
  ['bytes=990-', 206, 'bytes 990-LAST/SIZE', 990, Infinity, 'from there to the end'],
  ['bytes=-10', 206, 'bytes TAIL-LAST/SIZE', -10, Infinity, 'the last ten bytes'],
  ['bytes=-999999', 206, 'bytes 0-LAST/SIZE', 0, Infinity, 'more than there is, from the end'],
  ['bytes=0-999999', 206, 'bytes 0-LAST/SIZE', 0, Infinity, 'more than there is'],
  ['bytes=999999-', 416, 'bytes */SIZE', 0, 0, 'beyond the end'],
  ['bytes=-0', 416, 'bytes */SIZE', 0, 0, 'the last nothing'],
  ['bytes=5-2', 200, undefined, 0, Infinity, 'backwards: not valid, so ignored'],
  ['bytes=0-1,5-6', 200, undefined, 0, Infinity, 'several, which may be ignored'],
  ['lines=1-2', 200, undefined, 0, Infinity, 'another unit'],
  ['bytes=-', 200, undefined, 0, Infinity, 'no range at all'],
];
for (const [name, content] of Object.entries({ 'large.bin': LARGE, 'small.bin': SMALL })) {
  const size = content.length;
  for (const [range, status, contentRange, from, to, rule] of RANGES) {
    test(`${range} of ${name}: ${rule}`, async () => {
      const answer = await (await Web.open({ site })).get(`/${name}`, { Range: range });
      const expected = contentRange
        ?.replace('SIZE', `${size}`)
        .replace('LAST', `${size - 1}`)
        .replace('TAIL', `${size - 10}`);
      assert.deepEqual([answer.status, answer.headers['content-range']], [status, expected]);
      const body = content.subarray(from, to === Infinity ? size : to);
      assert.ok(answer.body.equals(body));
      assert.equal(answer.headers['content-length'], String(body.length));
    });
  }
}

test('a range is given only of the version that the client has', async () => {
  const web = await Web.open({ site });
  const { headers } = await web.get('/large.bin');
  const statusFor = async (ifRange: string) =>
    (await web.get('/large.bin', { Range: 'bytes=0-9', 'If-Range': ifRange })).status;
  assert.equal(await statusFor(headers.etag!), 206);
  assert.equal(await statusFor(headers['last-modified']!), 206);
  assert.equal(await statusFor('"another"'), 200);
  assert.equal(await statusFor(`W/${headers.etag}`), 200);
  assert.equal(await statusFor('Tue, 01 Jan 2019 00:00:00 GMT'), 200);
});

test('what the client has is not sent again', async () => {
  const web = await Web.open({ site });
  for (const path of ['/some.txt', '/large.bin', '/much.txt']) {
    const gzip = { 'Accept-Encoding': 'gzip' };
    const { etag } = (await web.get(path, gzip)).headers;
    for (const condition of [etag!, `W/${etag}`, `"other", ${etag}`]) {
      const answer = await web.get(path, { ...gzip, 'If-None-Match': condition });
      assert.deepEqual([answer.status, answer.headers.etag, answer.body.length], [304, etag, 0]);
    }
    assert.equal((await web.get(path, { 'If-None-Match': '*' })).status, 304);
    const date = statSync(join(site, path)).mtime.toUTCString();
    assert.equal((await web.get(path, { 'If-Modified-Since': date })).status, 304);
    const both = { 'If-None-Match': '"other"', 'If-Modified-Since': date };
    assert.equal((await web.get(path, both)).status, 200, 'If-None-Match prevails');
  }
});

test('a client is told to use what it has in those encodings only that it takes', async () => {
  const web = await Web.open({ site });
  const etagOf = async (accepted: string) =>
    (await web.get('/some.txt', { 'Accept-Encoding': accepted })).headers.etag!;
  const [plain, br, gzip] = [await etagOf('identity'), await etagOf('br'), await etagOf('gzip')];
  assert.equal(new Set([plain, br, gzip]).size, 3);
  const heldIn = async (accepted: string, tags: string) => {
    const { headers, status } = await web.get('/some.txt', {
      'Accept-Encoding': accepted,
      'If-None-Match': tags,
    });
    return status === 304 ? headers.etag : status;
  };
  assert.equal(await heldIn('br, gzip', gzip), gzip);
  assert.equal(await heldIn('br, gzip', plain), plain);
  assert.equal(await heldIn('identity', `${gzip}, ${br}, ${plain}`), plain);
  assert.equal(await heldIn('identity', gzip), 200);
  assert.equal(await heldIn('gzip', br), 200);
});

//  condition                                                       status   rule
const CONDITIONS: [(etag: string, date: string) => Record<string, string>, number, string][] = [
  [(etag) => ({ 'If-Match': `"other", ${etag}` }), 200, 'the version that is wanted'],
  [() => ({ 'If-Match': '*' }), 200, 'any version'],
  [() => ({ 'If-Match': '"other"' }), 412, 'another version'],
  [(etag) => ({ 'If-Match': `W/${etag}` }), 412, 'a weak validator proves nothing'],
  [(_, date) => ({ 'If-Unmodified-Since': date }), 200, 'unchanged since'],
  [() => ({ 'If-Unmodified-Since': 'Tue, 01 Jan 2019 00:00:00 GMT' }), 412, 'changed since'],
  [() => ({ 'If-Unmodified-Since': 'yesterday' }), 200, 'no date, so ignored'],
];
for (const [condition, status, rule] of CONDITIONS) {
  test(`a version that is asked for by ${Object.keys(condition('', ''))}: ${rule}`, async () => {
    const web = await Web.open({ site });
    const { headers } = await web.get('/large.bin');
    const answer = await web.get('/large.bin', condition(headers.etag!, headers['last-modified']!));
    assert.equal(answer.status, status);
  });
}

test('a file that becomes shorter while it is sent ends the connection, not in the midst of the next answer', async () => {
  const site = folder({ 'huge.bin': '', 'next.txt': 'next' });
  truncateSync(join(site, 'huge.bin'), 10_000_000);
  const web = await Web.open({ site });
  const [near] = web.connect();
  near.write('GET /huge.bin HTTP/1.1\r\nHost: line\r\n\r\nGET /next.txt HTTP/1.1\r\nHost: line\r\n\r\n');
  await once(near, 'readable');
  truncateSync(join(site, 'huge.bin'), 5_000_000);
  const chunks: Buffer[] = [];
  for await (const chunk of near) chunks.push(chunk);
  const answer = Buffer.concat(chunks);
  assert.ok(answer.length < 5_001_000 && answer.indexOf('next') < 0, `${answer.length} bytes`);
});

test('HEAD of a large file says how long it is', async () => {
  const { headers, body } = await (await Web.open({ site })).request('HEAD', '/large.bin');
  assert.deepEqual([headers['content-length'], body.length], ['300000', 0]);
});

test('large texts are encoded too: kept where they are not too large, else while they are sent', async () => {
  const web = await Web.open({ site });
  for (const [path, times] of [
    ['/some.txt', 5000],
    ['/much.txt', 50_000],
  ] as const) {
    const gz = await web.get(path, { 'Accept-Encoding': 'gzip', Connection: 'close' });
    assert.equal(gz.headers['content-encoding'], 'gzip');
    assert.equal(gunzipSync(dechunk(gz)).toString(), TEXT.repeat(times));
    const br = await web.get(path, { 'Accept-Encoding': 'br' });
    assert.equal(brotliDecompressSync(dechunk(br)).toString(), TEXT.repeat(times));
    assert.notEqual(br.headers.etag, gz.headers.etag);
  }
});

test('a file that cannot be read any more is an error, not the end of the process', async () => {
  const files = new StaticFiles();
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/' });
  const found = { path: join(site, 'gone.bin'), stats: statSync(join(site, 'large.bin')) };
  await assert.rejects(
    files.send(request, new ServerResponse(request), found, async () => {}),
    /ENOENT/,
  );
});

const OPEN_FILES = '/proc/self/fd';
const isOpen = (name: string) =>
  readdirSync(OPEN_FILES).some((fd) => {
    try {
      return readlinkSync(join(OPEN_FILES, fd)).endsWith(name);
    } catch {
      return false;
    }
  });

test('a slow reader makes the server read no further ahead, and one that goes leaves no file open', {
  skip: !existsSync(OPEN_FILES),
}, async () => {
  const site = folder({ 'huge.bin': '' });
  truncateSync(join(site, 'huge.bin'), 100_000_000);
  const web = await Web.open({ site });
  const before = process.memoryUsage().arrayBuffers;
  const [near, far] = web.connect();
  near.write('GET /huge.bin HTTP/1.1\r\nHost: line\r\n\r\n');
  await once(near, 'readable');
  for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 2_000_000, `${held} bytes held`);
  assert.ok(isOpen('huge.bin'));
  far.destroy(new Error('reset'));
  await turnsUntil(() => web.log.some((line) => line.msg === 'request' && line.aborted === true));
  await turnsUntil(() => !isOpen('huge.bin'));
});
