import assert from 'node:assert/strict';
import fs, { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { Flag } from '../../src/wire/tcp.ts';
import { folder } from '../support/web.ts';
import { type Client, WebWire } from '../support/web-wire.ts';

const HEAD = 'Host: line\r\n';
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\n${HEAD}${headers}\r\n`;
const LAST = 'Connection: close\r\n';
const site = folder({ 'a.txt': 'a page', 'index.html': 'the front page' });

// HAZARDS 47
test('twenty connections that are opened and left alone, and twenty that are kept, keep nobody waiting', async () => {
  const web = WebWire.pages({ site });
  const silent = Array.from({ length: 20 }, () => web.client());
  const kept = Array.from({ length: 20 }, () => web.client(get('/a.txt')));
  await web.until(() => kept.every((client) => client.heard.endsWith('a page')));
  assert.match(await web.answer(get('/', LAST)), /the front page$/);
  assert.ok([...silent, ...kept].every((client) => client.socket.state === 'ESTABLISHED'));
});

// HAZARDS 48
test('when many are connected, the longest idle go first and the busy stay', async () => {
  const web = WebWire.pages({ site }, { maxKeptConnections: 3 });
  const busy = web.client('GET / HTTP/1.1\r\n');
  const idle: Client[] = [];
  for (let i = 0; i < 4; i++) {
    const client = web.client(get('/a.txt'));
    await web.until(() => client.heard.endsWith('a page'));
    idle.push(client);
  }
  await web.until(() => idle[1]!.ended);
  assert.deepEqual(
    idle.map((client) => client.ended),
    [true, true, false, false],
  );
  idle[2]!.socket.write(get('/a.txt'));
  await web.until(() => idle[2]!.statuses.length === 2);
  busy.socket.write(`${HEAD}\r\n`);
  await web.until(() => busy.heard.endsWith('the front page'));
});

test('an address with all its connections busy is told to come again, and others are not', async () => {
  const web = WebWire.pages({ site }, { maxConnectionsPerAddress: 3 });
  const busy = [1, 2].map(() => web.client('GET / HTTP/1.1\r\n'));
  const idle = web.client(get('/a.txt'));
  await web.until(() => idle.heard.endsWith('a page'));
  const third = web.client('GET / HTTP/1.1\r\n');
  await web.until(() => idle.ended);
  assert.equal(third.ended, false, 'the idle one has made room');
  const fourth = await web.answer(get('/'));
  assert.match(
    fourth,
    /^HTTP\/1\.1 503 .*\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/,
  );
  for (const client of [...busy, third]) client.socket.write(`${HEAD}${LAST}\r\n`);
  await web.until(() => [...busy, third].every((client) => client.ended));
  for (const client of [...busy, third, idle]) client.socket.end();
  await web.until(() => third.socket.destroyed);
  assert.match(await web.answer(get('/', LAST)), /the front page$/);
});

// HAZARDS 49
test('a request in segments of one byte is answered', async () => {
  const web = WebWire.pages({ site });
  const client = web.client();
  client.socket.setNoDelay();
  for (const byte of get('/', LAST)) {
    client.socket.write(byte);
    await web.pass(3);
  }
  await web.until(() => client.ended);
  assert.match(client.heard, /the front page$/);
  const texts = web.wire.log.filter(({ from, datagram }) => from === 'a' && datagram.length === 41);
  assert.equal(texts.length, get('/', LAST).length);
});

test('a body in many segments comes whole', async () => {
  const web = new WebWire(async (request, response) => {
    let length = 0;
    for await (const chunk of request) length += chunk.length;
    response.end(`${length} bytes`);
  });
  const client = web.client(`POST / HTTP/1.1\r\n${HEAD}${LAST}Content-Length: 100000\r\n\r\n`);
  for (let i = 0; i < 1000; i++) client.socket.write('x'.repeat(100));
  await web.until(() => client.ended);
  assert.match(client.heard, /100000 bytes/);
});

test('a reset amidst a body ends that request and disturbs nobody', async () => {
  const ends: unknown[] = [];
  const web = new WebWire(async (request, response) => {
    try {
      for await (const _ of request);
      response.end('read');
    } catch (error) {
      ends.push((error as NodeJS.ErrnoException).code);
    }
  });
  const client = web.client(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\nhello`);
  await web.pass(50);
  client.socket.resetAndDestroy();
  await web.until(() => ends.length === 1);
  assert.deepEqual(ends, ['ECONNRESET']);
  assert.match(await web.answer(get('/', LAST)), /read/);
  assert.equal([...web.wire.b.connections].filter(({ state }) => state === 'ESTABLISHED').length, 0);
});

// HAZARDS 50
const SLOW = { headersTimeout: 60, requestTimeout: 120, connectionsCheckingInterval: 20 };

test('a head that comes too slowly is ended by 408, however often a byte of it comes', async () => {
  const web = WebWire.pages({ site }, SLOW);
  const client = web.client('GET / HTTP/1.1\r\nX: ');
  let turns = 0;
  await web.until(() => {
    if (turns++ % 16 === 0 && turns < 64_000) client.socket.write('x');
    return client.ended;
  });
  assert.match(client.heard, /^HTTP\/1\.1 408 .*Connection: close/s);
});

test('a body that comes too slowly is ended by 408', async () => {
  const web = new WebWire((request) => void request.resume(), SLOW);
  const client = web.client(`POST / HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`);
  await web.until(() => client.ended);
  assert.match(client.heard, /^HTTP\/1\.1 408 /);
});

test('who has had the last answer, and will not stop talking, is cut off', async () => {
  const web = WebWire.pages({ site }, { ...SLOW, lingerTimeout: 50 });
  const client = web.client('NONSENSE\r\n\r\n');
  await web.until(() => client.ended);
  await web.until(() => {
    client.socket.write('x');
    return client.error !== undefined;
  });
  assert.equal(client.error, 'ECONNRESET');
  assert.deepEqual(client.statuses, [400]);
});

test('a connection without any progress is closed', async () => {
  const web = new WebWire(() => {}, { idleTimeout: 50 });
  const client = web.client(get('/'));
  await web.until(() => client.ended);
  assert.equal(client.heard, '');
});

const post = (headers: string, body = '') => `POST / HTTP/1.1\r\n${HEAD}${headers}\r\n${body}`;

//  request                                              status  why
const MALFORMED: [request: string, status: number, why: string][] = [
  [get('/', `X: ${'x'.repeat(9000)}\r\n`), 431, 'a header without end'],
  [get('/', 'X: x\r\n'.repeat(100)), 431, 'headers without end'],
  [get(`/${'x'.repeat(9000)}`), 431, 'a path without end'],
  [post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'), 400, 'two lengths'],
  [post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abcd'), 400, 'two content lengths'],
  [post('Content-Length: +3\r\n', 'abc'), 400, 'a length with a sign'],
  [post('Content-Length: 0x3\r\n', 'abc'), 400, 'a length in hexadecimal'],
  [post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'), 400, 'chunked not last'],
  [post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'), 501, 'an unknown coding'],
  [post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'), 501, 'a coding before chunked'],
  [post('Transfer-Encoding: chunked\r\n', '0\r\n\r\n').replace('1.1', '1.0'), 400, 'chunked before its time'],
  [post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'), 400, 'a space before the colon'],
  [get('/', ' folded: yes\r\n'), 400, 'a folded line'],
  [get('/').replaceAll('\r\n', '\n'), 400, 'bare line feeds'],
  [get('/', 'X: a\rb\r\n'), 400, 'a bare carriage return'],
  [get('/', 'X: a\0b\r\n'), 400, 'a NUL in a header'],
  [get('/a\0.txt'), 400, 'a NUL in the path'],
  ['GET / HTTP/1.1\r\n\r\n', 400, 'no host'],
  [get('/', 'Host: another\r\n'), 400, 'two hosts'],
  ['GET /\r\n\r\n', 505, 'no version'],
  [get('/').replace('1.1', '2.0'), 505, 'a version of another kind'],
  [get('/').replace('1.1', '3.7'), 400, 'an unknown version'],
  [get('/', 'Expect: the-best\r\n'), 417, 'an expectation that nobody knows'],
  [post('Content-Length: 2000000\r\n'), 413, 'a body that is too large'],
  [`OPTIONS * HTTP/1.1\r\n${HEAD}${LAST}\r\n`, 405, 'a question about the server itself'],
  [`TRACE / HTTP/1.1\r\n${HEAD}${LAST}\r\n`, 405, 'an echo of cookies'],
];
for (const [request, status, why] of MALFORMED) {
  test(`${why}: ${status}, and the connection is closed`, async () => {
    const web = WebWire.pages({ site });
    assert.match(await web.answer(request), new RegExp(`^HTTP/1\\.1 ${status} `));
  });
}

test('what follows a malformed request is not taken for another', async () => {
  const web = WebWire.pages({ site });
  const smuggled = post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${get('/a.txt')}`);
  assert.equal((await web.answer(smuggled)).match(/HTTP\/1\.1/g)?.length, 1);
});

test('a tunnel is not opened', async () => {
  const web = WebWire.pages({ site });
  assert.equal(await web.answer('CONNECT line:25 HTTP/1.1\r\nHost: line:25\r\n\r\n'), '');
  assert.match(await web.answer(get('/', LAST)), /the front page$/);
});

const closed = folder({
  'public.txt': 'public',
  '.hidden': 'secret',
  '.git/config': 'secret',
  'sub/page.eta': 'page',
  '_part.eta': 'secret',
});
const outside = folder({ 'secret.txt': 'secret' });
symlinkSync(join(outside, 'secret.txt'), join(closed, 'link.txt'));
symlinkSync(outside, join(closed, 'folder'));
symlinkSync('/etc', join(closed, 'sub/etc'));
symlinkSync('loop', join(closed, 'loop'));

const PATHS: [path: string, status: number, why: string][] = [
  ['/.hidden', 404, 'a hidden file'],
  ['/.git/config', 404, 'a hidden folder'],
  ['/%2egit/config', 404, 'a hidden folder, encoded'],
  ['/../secret.txt', 404, 'a way up'],
  ['/sub/../../secret.txt', 404, 'a way up from below'],
  ['/sub/..', 404, 'a way up at the end'],
  ['/./public.txt', 404, 'a way to nowhere else'],
  ['/%2e%2e/secret.txt', 404, 'a way up, encoded'],
  ['/.%2E/secret.txt', 404, 'a way up, half of it encoded'],
  ['/..%2fsecret.txt', 400, 'an encoded slash'],
  ['/%2e%2e%2fsecret.txt', 400, 'all of it encoded'],
  ['/..%5csecret.txt', 400, 'an encoded backslash'],
  ['/..\\secret.txt', 404, 'a backslash'],
  ['/%252e%252e/secret.txt', 404, 'encoded twice'],
  ['/%252e%252e%252fsecret.txt', 404, 'encoded twice, with the slash'],
  ['/..;/secret.txt', 404, 'a way up with a parameter'],
  ['/public.txt%00.html', 400, 'a NUL'],
  ['/%c0%ae%c0%ae/secret.txt', 400, 'overlong UTF-8 of two bytes'],
  ['/%e0%80%ae%e0%80%ae/secret.txt', 400, 'overlong UTF-8 of three bytes'],
  ['/%c0%af..%c0%afsecret.txt', 400, 'overlong slashes'],
  ['/%u002e%u002e/secret.txt', 400, "another system's escapes"],
  ['/%ef%bc%8e%ef%bc%8e/secret.txt', 404, 'wide dots'],
  ['/%ed%a0%80', 400, 'half a surrogate'],
  ['/%', 400, 'a stray percent sign'],
  ['/%2', 400, 'half an escape'],
  ['/link.txt', 404, 'a link out of the site'],
  ['/folder/secret.txt', 404, 'a linked folder out of the site'],
  ['/sub/etc/passwd', 404, 'a link to a folder of the system'],
  ['/loop', 404, 'a link to itself'],
  ['/con', 404, 'a device of Windows'],
  ['/sub/NUL', 404, 'a device of Windows, below and in capitals'],
  ['/aux.txt', 404, 'a device of Windows with an ending'],
  ['/com1.eta.txt', 404, 'a device of Windows with endings'],
  ['/public.txt::$DATA', 404, 'a stream of NTFS'],
  ['/public.txt:secret', 404, 'a named stream of NTFS'],
  ['/C:/public.txt', 404, 'a drive'],
  ['/public.txt.', 404, 'a trailing dot'],
  ['/public.txt%20', 404, 'a trailing space'],
  ['/public.txt%0a', 400, 'a line break'],
  ['/public.txt%7f', 400, 'a control character'],
  ['/sub/page.eta', 404, "a template's source"],
  ['/sub/page.ETA', 404, 'a template in capitals'],
  ['/sub', 404, 'a folder without an index'],
  ['//public.txt', 404, 'a doubled slash'],
  ['//etc/passwd', 404, 'a doubled slash to the top of the system'],
  ['/_part.eta', 404, 'a partial'],
  ['/_part', 404, 'a partial without its ending'],
  ['/404', 404, 'an error page'],
  ['/public.txt/', 404, 'a file as a folder'],
  ['/public.txt/x', 404, 'below a file'],
  [`/${'x'.repeat(5000)}`, 404, 'a name longer than any'],
  [`/${'x/'.repeat(3000)}`, 404, 'a path deeper than any'],
  ['public.txt', 400, 'no slash'],
  ['file:///etc/passwd', 400, 'another scheme'],
  ['http://line', 404, "a proxy's form without a path, where there is no index"],
  ['http://line/../secret.txt', 404, "a way up in a proxy's form"],
  ['http://line/%2e%2e/secret.txt', 404, "an encoded way up in a proxy's form"],
  ['http://line/public.txt', 200, "a proxy's form of the path"],
  ['/public.txt?/../../secret.txt', 200, 'a way up in the query'],
];
for (const [path, status, why] of PATHS) {
  test(`${path.slice(0, 40)} is answered by ${status}: ${why}`, async () => {
    const answer = await WebWire.pages({ site: closed }).answer(get(path, LAST));
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.doesNotMatch(answer, /\r\n\r\n(secret|root:)/);
  });
}

// HAZARDS 51
test('of 100 MB for a slow reader no more than 1 MB is read ahead', {
  timeout: 120_000,
}, async () => {
  const site = folder({ 'huge.bin': '' });
  truncateSync(join(site, 'huge.bin'), 100_000_000);
  let read = 0;
  const real = fs.read;
  const spy = mock.method(fs, 'read', (...parameters: Parameters<typeof fs.read>) => {
    const told = parameters.at(-1) as unknown as (error: Error | null, count: number) => void;
    const count = (error: Error | null, length: number, ...rest: []) => {
      read += length;
      told(error, length, ...rest);
    };
    return (real as (...all: unknown[]) => void)(...parameters.slice(0, -1), count);
  });
  const web = WebWire.pages({ site });
  const client = web.client(get('/huge.bin', LAST));
  client.socket.pause();
  let [taken, ahead] = [0, 0];
  while (!client.socket.readableEnded) {
    for (let chunk = client.socket.read(); chunk; chunk = client.socket.read()) taken += chunk.length;
    await web.pass(4);
    web.wire.log.length = 0;
    ahead = Math.max(ahead, read - taken);
  }
  spy.mock.restore();
  assert.ok(read === 100_000_000 && taken > read, `${read} read, ${taken} taken`);
  assert.ok(ahead < 1_000_000, `${ahead} bytes read ahead`);
});

test('a reader that stops reading lets the server read no further, and holds back nobody else', async () => {
  const site = folder({ 'huge.bin': '', 'a.txt': 'a page' });
  truncateSync(join(site, 'huge.bin'), 100_000_000);
  const web = WebWire.pages({ site });
  const client = web.client(get('/huge.bin'));
  client.socket.pause();
  await web.until(() => web.wire.b.counters.windowProbes > 0 || client.socket.readableLength > 0);
  await web.pass(5000);
  const sent = web.wire.log.reduce(
    (sum, { from, datagram }) => sum + (from === 'b' ? datagram.length : 0),
    0,
  );
  assert.ok(sent < 300_000, `${sent} bytes sent`);
  assert.match(await web.answer(get('/a.txt', LAST)), /a page$/);
  client.socket.resetAndDestroy();
  await web.until(() => [...web.wire.b.connections].every(({ state }) => state === 'TIME-WAIT'));
  assert.ok(web.wire.log.some(({ from, datagram }) => from === 'a' && datagram[33]! & Flag.RST));
});
