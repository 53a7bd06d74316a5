import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { dechunk, folder, turnsUntil, Web } from '../support/web.ts';

const open = async (files: Record<string, string>, silence = 5000) =>
  Web.open({ site: folder(files), scripts: { silence } });

//  what                    the function                                                   status  type                        body
const ANSWERS: [string, string, number, string, string][] = [
  ['a text', '() => "<p>hi"', 200, 'text/html;charset=utf-8', '<p>hi'],
  ['a promise', 'async () => "<p>hi"', 200, 'text/html;charset=utf-8', '<p>hi'],
  ['bytes', '() => Buffer.from("hi")', 200, 'text/html;charset=utf-8', 'hi'],
  [
    'chunks',
    'async function* () { yield "a"; yield Buffer.from("b"); }',
    200,
    'text/html;charset=utf-8',
    'ab',
  ],
  ['parts', '() => ({ status: 201, headers: { "content-type": "a/b" }, body: "c" })', 201, 'a/b', 'c'],
  ['a Response', '() => new Response("c", { status: 404 })', 404, 'text/plain;charset=UTF-8', 'c'],
  ['JSON', '() => Response.json({ a: 1 })', 200, 'application/json', '{"a":1}'],
  ['nothing but headers', '() => ({ headers: { "Content-Type": "a/b" } })', 200, 'a/b', ''],
];
for (const [what, text, status, type, body] of ANSWERS) {
  test(`a page module answers with ${what}`, async () => {
    const web = await open({ 'page.page.js': `export default ${text};` });
    const answer = await web.get('/page');
    assert.deepEqual(
      [answer.status, answer.headers['content-type'], answer.body.toString()],
      [status, type, body],
    );
    assert.equal(answer.headers['content-length'], String(body.length));
  });
}

//  what                 the module                                            status  reason
const FAILURES: [string, string, number, RegExp][] = [
  ['throws', 'export default () => {\n  nope();\n}', 500, /nope is not defined \(at .*page\.page\.mjs/],
  ['rejects', 'export default async () => { throw new Error("oops"); }', 500, /oops/],
  ['throws nothing', 'export default () => { throw undefined; }', 500, /undefined/],
  ['is no JavaScript', 'export default () => {', 500, /./],
  ['throws while it is loaded', 'throw new Error("not loaded")', 500, /not loaded/],
  ['exports nothing', 'export const a = 1;', 500, /default export is not a function/],
  ['answers with nothing', 'export default () => {}', 500, /answers with undefined/],
  ['answers with null', 'export default () => null', 500, /answers with null/],
  ['answers with no status', 'export default () => ({ status: 99 })', 500, /status 99/],
  ['sets a header that is none', 'export default () => ({ headers: { "a b": "" } })', 500, /Header name/],
  ['sets a value that is none', 'export default () => ({ headers: { a: "\\n" } })', 500, /Invalid character/],
  ['has a body that fails', 'export default async function* () { throw new Error("torn"); }', 500, /torn/],
  ['has a body that is none', 'export default () => ({ body: 5 })', 500, /./],
  ['never loads', 'await new Promise(() => {});', 504, /silent for 0.1 s/],
  ['never answers', 'export default () => new Promise(() => {})', 504, /silent for 0.1 s/],
  [
    'never goes on',
    'export default async function* () { await new Promise(() => {}); }',
    504,
    /silent for 0.1 s/,
  ],
];
for (const [what, text, status, reason] of FAILURES) {
  test(`a page module that ${what} gives the ${status} page, and the log says why`, async () => {
    const web = await open(
      { 'page.page.mjs': text, 'good.page.mjs': 'export default () => "fine"', '500.eta': 'sorry' },
      100,
    );
    const answer = await web.get('/page');
    assert.deepEqual([answer.status, answer.body.toString()], [status, 'sorry']);
    const failure = web.log.find((line) => line.script === 'page.page.mjs');
    assert.match(String(failure?.reason), reason);
    assert.equal((await web.get('/good')).body.toString(), 'fine');
  });
}

test('a page module is told of the request and the server', async () => {
  const fields = '[r.method, r.path, r.query.q, r.headers.host, r.address, r.server.version, await r.text()]';
  const web = await open({ 'sub/page.page.mjs': `export default async (r) => Response.json(${fields});` });
  const answer = await web.post('/sub/page?q=1&q=2', 'grüß', { 'Content-Length': '6' });
  assert.deepEqual(JSON.parse(answer.body.toString()), [
    'POST',
    '/sub/page',
    '1',
    'line',
    '192.168.7.1',
    '1.2.3',
    'grüß',
  ]);
});

test('a page module may leave off reading the body, and may wait for it longer than for anything else', async () => {
  const web = await open(
    {
      'first.page.mjs':
        'export default async ({ body }) => { for await (const chunk of body) return chunk; }',
      'all.page.mjs': 'export default ({ text }) => text();',
    },
    100,
  );
  const big = 'x'.repeat(300_000);
  const answer = await web.post('/first', big);
  assert.match(dechunk(answer).toString(), /^x+$/);
  const [near] = web.connect();
  let seen = '';
  near.on('data', (chunk) => {
    seen += chunk;
  });
  near.write('POST /all HTTP/1.1\r\nHost: line\r\nContent-Length: 2\r\n\r\na');
  const began = Date.now();
  await turnsUntil(() => Date.now() - began > 250);
  near.write('b');
  await turnsUntil(() => seen.endsWith('ab'));
  near.destroy();
});

test('a page module is the index of its folder', async () => {
  const web = await open({ 'index.page.js': 'export default () => "made"', 'index.html': 'written' });
  assert.equal((await web.get('/')).body.toString(), 'made');
});

test('a page module is loaded once, and again when its file changes', async () => {
  const text = (name: string) => `let n = 0; export default () => "${name}" + ++n;`;
  const site = folder({ 'a.page.mjs': text('one') });
  const web = await Web.open({ site });
  const page = async () => (await web.get('/a')).body.toString();
  assert.deepEqual([await page(), await page()], ['one1', 'one2']);
  writeFileSync(join(site, 'a.page.mjs'), text('two'));
  utimesSync(join(site, 'a.page.mjs'), 1, 1);
  assert.equal(await page(), 'two1');
});

test('a page module counts a visit once, if it asks for the number or turns out to be a page', async () => {
  const web = await open({
    'asks.page.js': 'export default async (r) => [await r.visitor(), await r.visitor()].join()',
    'page.page.js': 'export default () => "page"',
    'data.page.js': 'export default () => Response.json(1)',
  });
  assert.equal((await web.get('/asks')).body.toString(), '1,1');
  await web.get('/page');
  assert.equal(web.visitors.count, 2);
  await web.get('/data');
  await web.post('/page', 'x');
  await web.request('HEAD', '/page');
  assert.equal(web.visitors.count, 2);
});

test('a page module streams, encoded, and is told when its client goes', async () => {
  const site = folder({
    'a.page.js': `export default async function* ({ signal }) {
      yield 'first ';
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      globalThis.phpstackTest = 'told';
    }`,
  });
  const web = await Web.open({ site });
  const [near] = web.connect();
  near.write('GET /a HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n');
  const chunks: Buffer[] = [];
  near.on('data', (chunk) => chunks.push(chunk));
  const body = () => Buffer.concat(chunks).toString('latin1').split('\r\n\r\n')[1] ?? '';
  await turnsUntil(() => body().length > 10);
  const text = gunzipSync(Buffer.from(body(), 'latin1'), { finishFlush: 2 }).toString();
  assert.equal(text, 'first ');
  near.destroy();
  await turnsUntil(() => 'phpstackTest' in globalThis);
  assert.deepEqual(
    web.log.filter((line) => line.msg !== 'request'),
    [],
  );
});

test('cookies of a page module come as several fields', async () => {
  const web = await open({
    'a.page.js':
      'export default () => ({ headers: { "Set-Cookie": ["a=1", "b=2"], Connection: "upgrade" }, body: "" })',
    'b.page.js':
      'export default () => { const r = new Response(""); for (const c of ["a=1", "b=2"]) r.headers.append("Set-Cookie", c); return r; }',
  });
  for (const path of ['/a', '/b']) {
    const raw = (await web.raw(`GET ${path} HTTP/1.1\r\nHost: line\r\nConnection: close\r\n\r\n`)).toString();
    assert.deepEqual(raw.match(/^set-cookie: .*(?=\r)/gim)?.length, 2);
    assert.doesNotMatch(raw, /upgrade/);
  }
});
