import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createPageServer } from '../../src/web/page-server.ts';
import { SiteError } from '../../src/web/site.ts';
import { streamPair } from '../support/stream-pair.ts';
import { dechunk, folder, turnsUntil, Web } from '../support/web.ts';

const BROWSER = { 'Accept-Encoding': 'gzip, deflate, br', 'User-Agent': 'Mozilla/5.0', Accept: 'text/html' };

test('the front page tells the visitor number and address, the time, the uptime and what it runs on', async () => {
  const web = await Web.open();
  const { status, headers, body } = await web.get('/');
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html;charset=utf-8');
  const text = body.toString();
  assert.match(text, /visitor<p><b>000001<\/b>/);
  assert.match(text, /192\.168\.7\.1/);
  assert.match(text, /1 hour 2 minutes/);
  assert.match(text, new RegExp(`Node ${process.version}`));
  assert.match(text, /serial line of 115200 bps/);
  assert.match(text, /\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/);
  assert.match((await web.get('/')).body.toString(), /00002/);
});

test('the front page fits 600 bytes for a browser, headers included, and asks for nothing more', async () => {
  const web = await Web.open();
  // Where the address is no loopback one, browsers take brotli over TLS only.
  const gzip = await web.get('/', { ...BROWSER, 'Accept-Encoding': 'gzip, deflate' });
  assert.ok(gzip.bytes <= 600, `${gzip.bytes} bytes`);
  const answer = await web.get('/', BROWSER);
  assert.ok(answer.bytes <= 480, `${answer.bytes} bytes`);
  const html = brotliDecompressSync(answer.body).toString();
  assert.match(html, /<link rel=icon href=data:,>/);
  assert.doesNotMatch(html, /<script|<img|stylesheet|@import/);
});

test('a site without a status page still has the built-in one', async () => {
  const web = await Web.open({ site: folder({ 'index.eta': 'hello' }) });
  assert.match((await web.get('/status')).body.toString(), /<h1>Status<\/h1>/);
});

test('a page that does not exist gets the 404 page, the site’s own if it has one', async () => {
  const plain = await (await Web.open()).get('/no<b>where');
  assert.equal(plain.status, 404);
  assert.match(plain.body.toString(), /no page \/no&lt;b&gt;where here/);
  const own = await (await Web.open({ site: folder({ '404.eta': 'gone: <%= it.status %>' }) })).get(
    '/nowhere',
  );
  assert.equal(own.status, 404);
  assert.equal(own.body.toString(), 'gone: 404');
});

test('a template that fails gives the 500 page and a line in the log, and the next page is served', async () => {
  const web = await Web.open({
    site: folder({ 'bad.eta': '<% throw new Error("oops") %>', 'good.eta': 'fine' }),
  });
  const { status, body } = await web.get('/bad');
  assert.equal(status, 500);
  assert.match(body.toString(), /Out of order/);
  assert.ok(web.log.some((line) => line.template === 'bad.eta' && /oops/.test(String(line.reason))));
  assert.equal((await web.get('/good')).body.toString(), 'fine');
});

test('templates know the request, and escape what they show of it', async () => {
  const site = folder({
    'deep/echo.eta': '<%= it.request.path %> <%= it.request.query.q %> <%= it.request.headers.host %>',
  });
  const { body } = await (await Web.open({ site })).get('/deep/echo?q=%3Cscript%3E');
  assert.equal(body.toString(), '/deep/echo &lt;script&gt; line');
});

test('a folder is answered by its index', async () => {
  const web = await Web.open({ site: folder({ 'a/index.eta': 'made', 'b/index.html': 'written' }) });
  assert.equal((await web.get('/a/')).body.toString(), 'made');
  assert.equal((await web.get('/b/')).body.toString(), 'written');
});

test('a folder without its last slash is pointed to it', async () => {
  const { status, headers } = await (await Web.open({ site: folder({ 'a/index.html': 'x' }) })).get('/a');
  assert.deepEqual([status, headers.location], [301, '/a/']);
});

test('each GET of a page counts as a visit; HEAD, images, errors, revalidations and the status page do not', async () => {
  const web = await Web.open({ site: folder({ 'index.eta': 'x', 'page.html': 'y', 'pic.png': 'z' }) });
  await web.get('/');
  const { headers } = await web.get('/page.html');
  assert.equal(web.visitors.count, 2);
  await web.request('HEAD', '/');
  await web.get('/pic.png');
  await web.get('/nowhere');
  await web.get('/status');
  assert.equal((await web.get('/page.html', { 'If-None-Match': headers.etag! })).status, 304);
  assert.equal(web.visitors.count, 2);
});

test('HEAD gives the headers of GET and no body', async () => {
  const web = await Web.open({ site: folder({ 'a.txt': 'twelve bytes' }) });
  const { headers, body } = await web.request('HEAD', '/a.txt');
  assert.equal(headers['content-length'], '12');
  assert.equal(body.length, 0);
});

test('other methods are refused, with those that are not', async () => {
  const { status, headers } = await (await Web.open()).request('DELETE', '/');
  assert.equal(status, 405);
  assert.equal(headers.allow, 'GET, HEAD');
});

test('text is encoded as the client likes it, when that saves something', async () => {
  const text = 'the same words again and again. '.repeat(40);
  const web = await Web.open({ site: folder({ 'a.txt': text, 'short.txt': 'short' }) });
  const br = await web.get('/a.txt', { 'Accept-Encoding': 'gzip, br' });
  assert.equal(br.headers['content-encoding'], 'br');
  assert.equal(brotliDecompressSync(br.body).toString(), text);
  const gz = await web.get('/a.txt', { 'Accept-Encoding': 'gzip, br;q=0' });
  assert.equal(gunzipSync(gz.body).toString(), text);
  assert.notEqual(gz.headers.etag, br.headers.etag);
  assert.equal((await web.get('/a.txt')).headers['content-encoding'], undefined);
  assert.equal(
    (await web.get('/short.txt', { 'Accept-Encoding': 'br' })).headers['content-encoding'],
    undefined,
  );
  for (const { headers } of [br, gz]) assert.equal(headers.vary, 'Accept-Encoding');
});

test('a changed file is served anew', async () => {
  const site = folder({ 'a.txt': 'one' });
  const web = await Web.open({ site });
  const first = await web.get('/a.txt');
  writeFileSync(join(site, 'a.txt'), 'three');
  const second = await web.get('/a.txt', { 'If-None-Match': first.headers.etag! });
  assert.equal(second.status, 200);
  assert.equal(second.body.toString(), 'three');
});

test('a large file comes whole, and in ranges', async () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const web = await Web.open({ site: folder({ 'large.bin': content }) });
  const whole = await web.get('/large.bin');
  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(sha(whole.body), sha(content));
  const part = await web.get('/large.bin', { Range: 'bytes=1000-1999' });
  assert.equal(part.status, 206);
  assert.deepEqual(part.body, content.subarray(1000, 2000));
});

test('each request is logged with visitor, address, method, path, status, bytes and ms', async () => {
  const web = await Web.open();
  await web.get('/');
  await web.get('/nowhere');
  const requests = web.log.filter((line) => line.msg === 'request');
  assert.deepEqual(
    requests.map(({ visitor, address, method, path, status }) => [visitor, address, method, path, status]),
    [
      [1, '192.168.7.1', 'GET', '/', 200],
      [undefined, '192.168.7.1', 'GET', '/nowhere', 404],
    ],
  );
  for (const line of requests) assert.ok(typeof line.bytes === 'number' && typeof line.ms === 'number');
});

test('requests that waited behind another are logged too when their client goes', async () => {
  const site = folder({ 'never.page.mjs': 'export default () => new Promise(() => {});' });
  const { pages, log } = await Web.open({ site });
  const [near, far] = streamPair();
  createServer(pages).emit('connection', far);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: line\r\n\r\n`;
  near.write(get('/never') + get('/nowhere') + get('/elsewhere'));
  await turnsUntil(() => far.readableLength === 0);
  far.destroy();
  const logged = () => log.filter(({ msg }) => msg === 'request');
  await turnsUntil(() => logged().length === 3);
  assert.deepEqual(
    logged().map(({ path, aborted }) => [path, aborted]),
    [
      ['/never', true],
      ['/nowhere', true],
      ['/elsewhere', true],
    ],
  );
});

test('a request that is refused amidst is logged with the status that it was given', async () => {
  const site = folder({ 'read.page.mjs': 'export default ({ text }) => text();' });
  const web = await Web.open({ site, limits: { maxBodySize: 10 } });
  const { status } = await web.request(
    'POST',
    '/read',
    { 'Transfer-Encoding': 'chunked' },
    'b\r\nhello world\r\n',
  );
  await turnsUntil(() => web.log.length > 0);
  assert.deepEqual([status, web.log[0]!.status, web.log[0]!.aborted], [413, 413, undefined]);
});

test('a request that is refused before the pages see it is logged, once, with what it was told', async () => {
  const web = await Web.open({ limits: { maxBodySize: 10 } });
  const refused = [
    ['GET /hostless HTTP/1.1\r\n\r\n', 400],
    ['GET /old HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['GET /odd HTTP/1.1\r\nHost: line\r\nExpect: miracles\r\n\r\n', 417],
    ['POST /long HTTP/1.1\r\nHost: line\r\nContent-Length: 11\r\n\r\n', 413],
  ] as const;
  for (const [text] of refused) await web.raw(text);
  assert.deepEqual(
    web.log.map(({ path, status, aborted }) => [path, status, aborted]),
    refused.map(([text, status]) => [text.split(' ')[1], status, undefined]),
  );
  for (const { bytes } of web.log) assert.ok(Number(bytes) > 60, `${bytes} bytes`);
});

test('a client of which no request has come is logged with what it was told', async () => {
  const web = await Web.open();
  await web.raw('\x16\x03\x01 nonsense\r\n\r\n');
  await web.raw(`GET / HTTP/1.1\r\n${'Cookie: long\r\n'.repeat(2000)}\r\n`);
  const crowded = await Web.open({ limits: { maxConnectionsPerAddress: 1 } });
  crowded.connect();
  await crowded.raw('GET / HTTP/1.1\r\nHost: line\r\n\r\n');
  assert.deepEqual(
    [...web.log, ...crowded.log].map(({ address, method, path, status }) => [address, method, path, status]),
    [400, 431, 503].map((status) => ['192.168.7.1', undefined, undefined, status]),
  );
});

test('a file goes before pages that would answer for its name', async () => {
  const web = await Web.open({ site: folder({ 'feed.xml': 'file', 'feed.xml.eta': 'page' }) });
  assert.equal((await web.get('/feed.xml')).body.toString(), 'file');
});

test('layouts and partials are found, escaped by default, and read again when they change', async () => {
  const site = folder({
    '_layout.eta': '<title><%= it.title %></title><%~ it.body %>',
    'parts/_foot.eta': 'foot <%= it.visitor.address %>',
    'sub/page.eta': '<% layout("/_layout", { title: "a<b" }) %>page <%~ include("/parts/_foot") %>',
  });
  const web = await Web.open({ site });
  const page = async () => (await web.get('/sub/page')).body.toString();
  assert.equal(await page(), '<title>a&lt;b</title>page foot 192.168.7.1');
  writeFileSync(join(site, 'parts/_foot.eta'), 'changed');
  utimesSync(join(site, 'parts/_foot.eta'), 1, 1);
  assert.equal(await page(), '<title>a&lt;b</title>page changed');
});

test('a template may wait for something', async () => {
  const site = folder({ 'index.eta': '<%= await Promise.resolve("warm") %>' });
  assert.equal((await (await Web.open({ site })).get('/')).body.toString(), 'warm');
});

test('HEAD of a page tells the length that GET would have now, and counts nobody', async () => {
  const web = await Web.open({ site: folder({ 'index.eta': 'visitor <%= it.visitor.number %>' }) });
  for (let i = 0; i < 9; i++) await web.get('/');
  const { headers, body } = await web.request('HEAD', '/');
  assert.deepEqual([headers['content-length'], body.length], ['10', 0]);
  assert.equal((await web.get('/')).body.toString(), 'visitor 10');
});

test('a 500 page that fails too leaves a line of text', async () => {
  const web = await Web.open({ site: folder({ 'a.eta': '<% throw 1 %>', '500.eta': '<%= it.no.thing %>' }) });
  const { status, body } = await web.get('/a');
  assert.deepEqual([status, body.toString()], [500, 'Something went wrong\n']);
  assert.deepEqual(
    web.log.flatMap((line) => line.template ?? []),
    ['a.eta', '500.eta'],
  );
});

//  Accept-Encoding                 Content-Encoding    rule
const ENCODINGS: [string | undefined, string | undefined, string][] = [
  [undefined, undefined, 'nothing is said'],
  ['gzip, deflate, br', 'br', 'the smallest of those liked as much'],
  ['gzip;q=1.0, br;q=0.5', 'gzip', 'the one liked better'],
  ['br;q=0, *', 'gzip', 'all but one'],
  ['*;q=0', undefined, 'none'],
  ['identity', undefined, 'the plain one'],
  ['GZIP', 'gzip', 'in capitals'],
  ['x-gzip', 'gzip', 'by its old name'],
  ['gzip;q=oops', undefined, 'a weight that is none'],
];
for (const [accepted, encoding, rule] of ENCODINGS) {
  test(`Accept-Encoding: ${accepted}: ${rule}`, async () => {
    const headers = accepted === undefined ? {} : { 'Accept-Encoding': accepted };
    const answer = await (await Web.open()).get('/', headers);
    assert.equal(answer.headers['content-encoding'], encoding);
    assert.equal(answer.headers.vary, 'Accept-Encoding');
  });
}

test('a folder of pages that is not there is an error of one line', () => {
  const site = join(folder({ file: '' }), 'file');
  for (const name of [site, `${site}-not`]) {
    assert.throws(
      () => createPageServer({ site: name }),
      (error: Error) => error instanceof SiteError && /^the folder of pages .*$/.test(error.message),
    );
  }
});

test('reloaded, it serves another site, and who came before gets the former to the end', async () => {
  const [old, next] = ['old', 'new'].map((name) =>
    folder({
      'index.eta': `the ${name} site`,
      'slow.page.mjs': `export default async function* () { yield '${name} '; await globalThis.released; yield '${name}'; }`,
    }),
  ) as [string, string];
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  Object.assign(globalThis, { released });
  const web = await Web.open({ site: old });
  const slow = web.get('/slow');
  assert.equal((await web.get('/')).body.toString(), 'the old site');
  web.pages.reload({ site: next, anonymize: true });
  assert.equal((await web.get('/')).body.toString(), 'the new site');
  release();
  assert.equal(dechunk(await slow).toString(), 'old old');
  assert.throws(() => web.pages.reload({ site: '/no/such/site' }), { name: 'SiteError' });
  assert.equal((await web.get('/')).body.toString(), 'the new site');
  const addresses = web.log.filter(({ path }) => path === '/').map(({ address }) => address);
  assert.deepEqual(addresses, ['192.168.7.1', '192.168.7.0', '192.168.7.0']);
});

test('queries are in no log', async () => {
  const web = await Web.open();
  await web.get('/?password=secret');
  await web.get('http://me:secret@line/nowhere?secret');
  assert.deepEqual(
    web.log.map(({ path }) => path),
    ['/', 'http://line/nowhere'],
  );
});
