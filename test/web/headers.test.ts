import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, Web } from '../support/web.ts';

const WORDS = 'the same words again and again, line by line\n';
const site = folder({
  'index.eta': WORDS.repeat(9),
  'short.eta': 'short',
  '404.eta': 'not there',
  'bad.eta': '<% throw new Error("oops") %>',
  '500.eta': 'failed',
  'sub/index.html': WORDS,
  'some.txt': WORDS.repeat(9),
  'tiny.txt': 'tiny',
  'large.txt': WORDS.repeat(6000),
  'endless.txt': WORDS.repeat(30_000),
  'small.png': Buffer.alloc(1000, 1),
  'large.png': Buffer.alloc(300_000, 1),
});
const DATE = 'Thu, 01 Jan 2004 00:00:00 GMT';
for (const name of ['large.txt', 'large.png', 'small.png'])
  utimesSync(join(site, name), 1_072_915_200, 1_072_915_200);

const HTML = 'Content-Type: text/html;charset=utf-8';
const TEXT = 'Content-Type: text/plain;charset=utf-8';
const PNG = 'Content-Type: image/png';
const VARY = 'Vary: Accept-Encoding';
const ETAG = 'ETag: "########"';
const gzip = { 'Accept-Encoding': 'gzip' };

/** Everything that a head says, in order; `#` is any letter of an ETag or a length. */
const HEADS: [what: string, request: string, headers: Record<string, string>, head: string[]][] = [
  ['a page', 'GET /', gzip, ['200 OK', HTML, 'Content-Encoding: gzip', VARY, 'Content-Length: ##']],
  ['a page, plain', 'GET /', {}, ['200 OK', HTML, VARY, 'Content-Length: 405']],
  ['a page, HEAD', 'HEAD /', gzip, ['200 OK', HTML, 'Content-Encoding: gzip', VARY, 'Content-Length: ##']],
  ['a short page', 'GET /short', gzip, ['200 OK', HTML, 'Content-Length: 5']],
  ['no page', 'GET /nowhere', gzip, ['404 Not Found', HTML, 'Content-Length: 9']],
  ['a page that fails', 'GET /bad', gzip, ['500 Internal Server Error', HTML, 'Content-Length: 6']],
  ['a folder', 'GET /sub', gzip, ['301 Moved Permanently', 'Location: /sub/', 'Content-Length: 0']],
  ['a malformed path', 'GET /%', gzip, ['400 Bad Request', 'Content-Type: text/plain', 'Content-Length: 12']],
  [
    'another method',
    'PUT /',
    gzip,
    ['405 Method Not Allowed', 'Content-Type: text/plain', 'Allow: GET, HEAD', 'Content-Length: 19'],
  ],
  [
    'another method with a body',
    'PUT /',
    { 'Content-Length': '5' },
    [
      '405 Method Not Allowed',
      'Connection: close',
      'Content-Type: text/plain',
      'Allow: GET, HEAD',
      'Content-Length: 19',
    ],
  ],
  [
    'a text by gzip',
    'GET /some.txt',
    gzip,
    ['200 OK', TEXT, 'ETag: "########g"', VARY, 'Content-Encoding: gzip', 'Content-Length: ##'],
  ],
  [
    'a text by brotli',
    'GET /some.txt',
    { 'Accept-Encoding': 'gzip, br' },
    ['200 OK', TEXT, 'ETag: "########b"', VARY, 'Content-Encoding: br', 'Content-Length: ##'],
  ],
  ['a text, plain', 'GET /some.txt', {}, ['200 OK', TEXT, ETAG, VARY, 'Content-Length: 405']],
  ['a tiny text', 'GET /tiny.txt', gzip, ['200 OK', TEXT, ETAG, 'Content-Length: 4']],
  [
    'a large text, plain',
    'GET /large.txt',
    {},
    ['200 OK', TEXT, ETAG, `Last-Modified: ${DATE}`, VARY, 'Accept-Ranges: bytes', 'Content-Length: 270000'],
  ],
  [
    'a large text by gzip',
    'GET /large.txt',
    gzip,
    ['200 OK', TEXT, 'ETag: "########g"', VARY, 'Content-Encoding: gzip', 'Content-Length: ###'],
  ],
  [
    'a text encoded as it is sent',
    'GET /endless.txt',
    gzip,
    ['200 OK', TEXT, 'ETag: "########g"', VARY, 'Content-Encoding: gzip', 'Transfer-Encoding: chunked'],
  ],
  [
    'a text encoded as it would be sent, HEAD',
    'HEAD /endless.txt',
    gzip,
    ['200 OK', TEXT, 'ETag: "########g"', VARY, 'Content-Encoding: gzip'],
  ],
  ['a picture', 'GET /small.png', gzip, ['200 OK', PNG, ETAG, 'Content-Length: 1000']],
  [
    'a picture, for HTTP/1.0',
    'GET /small.png HTTP/1.0',
    {},
    ['200 OK', PNG, `Last-Modified: ${DATE}`, 'Content-Length: 1000', 'Connection: close'],
  ],
  [
    'a picture that HTTP/1.0 has',
    'GET /small.png HTTP/1.0',
    { 'If-Modified-Since': DATE },
    ['304 Not Modified', `Last-Modified: ${DATE}`, 'Connection: close'],
  ],
  [
    'a large picture',
    'GET /large.png',
    gzip,
    ['200 OK', PNG, ETAG, `Last-Modified: ${DATE}`, 'Accept-Ranges: bytes', 'Content-Length: 300000'],
  ],
  [
    'a large picture, HEAD',
    'HEAD /large.png',
    { Range: 'bytes=0-9' },
    ['200 OK', PNG, ETAG, `Last-Modified: ${DATE}`, 'Accept-Ranges: bytes', 'Content-Length: 300000'],
  ],
  [
    'a part of a picture',
    'GET /small.png',
    { Range: 'bytes=0-9' },
    ['206 Partial Content', PNG, ETAG, 'Content-Range: bytes 0-9/1000', 'Content-Length: 10'],
  ],
  [
    'a part of a large text',
    'GET /large.txt',
    { ...gzip, Range: 'bytes=-10' },
    [
      '206 Partial Content',
      TEXT,
      ETAG,
      `Last-Modified: ${DATE}`,
      VARY,
      'Content-Range: bytes 269990-269999/270000',
      'Content-Length: 10',
    ],
  ],
  [
    'the rest of a large text, of which a part is there',
    'GET /large.txt',
    { Range: 'bytes=260000-', 'If-Range': DATE },
    ['206 Partial Content', ETAG, VARY, 'Content-Range: bytes 260000-269999/270000', 'Content-Length: 10000'],
  ],
  [
    'a part beyond the end',
    'GET /small.png',
    { Range: 'bytes=1000-' },
    ['416 Range Not Satisfiable', 'Content-Range: bytes */1000', 'Content-Length: 0'],
  ],
  ['a picture that is there', 'GET /small.png', { 'If-None-Match': '*' }, ['304 Not Modified', ETAG]],
  [
    'a text that is there',
    'GET /large.txt',
    { ...gzip, 'If-Modified-Since': DATE },
    ['304 Not Modified', 'ETag: "########g"', VARY],
  ],
  [
    'a version that is gone',
    'GET /small.png',
    { 'If-Match': '"gone"' },
    ['412 Precondition Failed', 'Content-Length: 0'],
  ],
];

for (const [what, request, headers, head] of HEADS) {
  test(`the head of ${what}`, async () => {
    const web = await Web.open({ site });
    const lines = Object.entries({ Host: 'line', ...headers }).map(
      ([name, value]) => `${name}: ${value}\r\n`,
    );
    const isBodyDue = headers['Content-Length'] !== undefined;
    const line = request.includes(' HTTP/') ? request : `${request} HTTP/1.1`;
    const text = `${line}\r\n${lines.join('')}${isBodyDue ? '' : 'Connection: close\r\n'}\r\n`;
    const answer = (await web.raw(text)).toString('latin1');
    const said = answer.slice(0, answer.indexOf('\r\n\r\n'));
    const expected = `HTTP/1.1 ${head.join('\r\n')}`;
    const masked = [...said].map((letter, i) => (expected[i] === '#' && /[\w-]/.test(letter) ? '#' : letter));
    assert.equal(masked.join(''), expected);
  });
}

test('a kept connection is given the same heads', async () => {
  const [near] = (await Web.open({ site })).connect();
  near.write('GET /tiny.txt HTTP/1.1\r\nHost: line\r\n\r\nHEAD /tiny.txt HTTP/1.1\r\nHost: line\r\n\r\n');
  let heard = '';
  for await (const chunk of near) {
    heard += chunk;
    if (heard.match(/HTTP/g)?.length === 2) break;
  }
  const [first, second] = heard.split(/tiny(?=HTTP)/);
  assert.equal(first, second);
  assert.doesNotMatch(heard, /Connection|Keep-Alive|Date|Server/);
});
