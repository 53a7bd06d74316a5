import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, gunzipSync } from 'node:zlib';
import { awaitFile, HEAD, scriptSite, written } from '../support/scripts.ts';
import { type Answer, dechunk, folder, turnsUntil, Web } from '../support/web.ts';

const ENVIRONMENT = `${HEAD}; env`;

function variablesIn({ body }: Answer): Record<string, string> {
  const lines = body.toString().trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

test('a script is told of the request, and nothing of the environment of the server', async () => {
  process.env.PHPSTACK_TEST_SECRET = 'secret';
  const site = scriptSite({ 'sub/env.cgi': ENVIRONMENT });
  const web = await Web.open({ site });
  const headers = { Host: '192.168.7.2:8000', 'Content-Type': 'text/x', 'X-Two-Words': 'grüß' };
  const answer = await web.request(
    'POST',
    '/sub/env.cgi/a%20b/c?q=1&r=%20',
    { ...headers, 'Content-Length': '2' },
    'ab',
  );
  const { PWD, SHLVL, _, ...variables } = variablesIn(answer);
  assert.deepEqual(variables, {
    CONTENT_LENGTH: '2',
    CONTENT_TYPE: 'text/x',
    DOCUMENT_ROOT: site,
    GATEWAY_INTERFACE: 'CGI/1.1',
    HTTP_HOST: '192.168.7.2:8000',
    HTTP_X_TWO_WORDS: 'grüß',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PATH_INFO: '/a b/c',
    PATH_TRANSLATED: join(site, 'a b/c'),
    QUERY_STRING: 'q=1&r=%20',
    REDIRECT_STATUS: '200',
    REMOTE_ADDR: '192.168.7.1',
    REMOTE_PORT: '40000',
    REQUEST_METHOD: 'POST',
    REQUEST_URI: '/sub/env.cgi/a%20b/c?q=1&r=%20',
    SCRIPT_FILENAME: join(site, 'sub/env.cgi'),
    SCRIPT_NAME: '/sub/env.cgi',
    SERVER_NAME: '192.168.7.2',
    SERVER_PORT: '80',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'phpstack-ts/1.2.3',
  });
  assert.equal(PWD, join(site, 'sub'));
});

test('no header becomes HTTP_PROXY, or passes for another one', async () => {
  const web = await Web.open({ site: scriptSite({ 'env.cgi': ENVIRONMENT }) });
  const headers = { Proxy: 'http://evil/', X_Forwarded: 'a', 'Transfer-Encoding': 'chunked', Host: 'a b' };
  const answer = await web.request('POST', '/env.cgi', headers, '0\r\n\r\n');
  const variables = variablesIn(answer);
  const ofHeaders = Object.keys(variables).filter((name) => name.startsWith('HTTP_'));
  assert.deepEqual(ofHeaders, ['HTTP_HOST']);
  assert.equal(variables.SERVER_NAME, 'localhost');
  assert.equal(variables.PATH_INFO, undefined);
});

test('a body arrives whole at the script, told in advance or in chunks', async () => {
  const web = await Web.open({ site: scriptSite({ 'cat.cgi': `${HEAD}; echo $CONTENT_LENGTH; cat` }) });
  const body = Buffer.from(randomBytes(75_000).toString('hex'));
  const told = await web.post('/cat.cgi', body);
  assert.equal(dechunk(told).toString(), `150000\n${body}`);
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const inChunks = await web.request('POST', '/cat.cgi', { 'Transfer-Encoding': 'chunked' }, chunked);
  assert.equal(dechunk(inChunks).toString(), `150000\n${body}`);
});

test('a body in chunks is kept up to a limit', async () => {
  const web = await Web.open({ site: scriptSite({ 'cat.cgi': `${HEAD}; cat` }), scripts: { body: 10 } });
  const { status, headers } = await web.request(
    'POST',
    '/cat.cgi',
    { 'Transfer-Encoding': 'chunked' },
    'b\r\n0123456789a\r\n',
  );
  assert.deepEqual([status, headers.connection], [413, 'close']);
});

test('a body that nobody reads harms nobody', async () => {
  const web = await Web.open({ site: scriptSite({ 'deaf.cgi': `${HEAD}; echo done` }) });
  const post = `POST /deaf.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`;
  const answers = await web.raw(`${post}GET /deaf.cgi HTTP/1.1\r\nHost: line\r\nConnection: close\r\n\r\n`);
  assert.equal(answers.toString().match(/200 OK[\s\S]*?done\n/g)?.length, 2);
});

test('a script whose body is longer than is awaited begins before it has come, and its answer is sent as it is made', async () => {
  const site = scriptSite({ 'a.cgi': `${HEAD}; head -c 5; ${awaitFile('go')}; cat` });
  const [near] = (await Web.open({ site, scripts: { body: 9 } })).connect();
  let seen = '';
  near.on('data', (chunk) => {
    seen += chunk;
  });
  near.write('POST /a.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 10\r\n\r\nfirst');
  await turnsUntil(() => seen.includes('first'));
  writeFileSync(join(site, 'go'), '');
  near.write('other');
  await turnsUntil(() => seen.endsWith('\r\n0\r\n\r\n'));
  assert.match(seen, /other/);
  near.destroy();
});

test('a body that comes slowly holds no place that other scripts want', async () => {
  const site = scriptSite({ 'cat.cgi': `${HEAD}; cat` });
  const web = await Web.open({ site, scripts: { processes: 1 } });
  const [slow, far] = web.connect();
  slow.write('POST /cat.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 10\r\n\r\nfirst');
  await turnsUntil(() => far.readableLength === 0);
  assert.equal((await web.post('/cat.cgi', 'quick')).body.toString(), 'quick');
  let seen = '';
  slow.on('data', (chunk) => {
    seen += chunk;
  });
  slow.write('other');
  await turnsUntil(() => seen.endsWith('firstother'));
  slow.destroy();
});

test('bodies on their way have so much room together, and the rest are told to come again', async () => {
  const site = scriptSite({ 'cat.cgi': `${HEAD}; cat` });
  const web = await Web.open({ site, scripts: { bodies: 12 } });
  const [slow, far] = web.connect();
  slow.write('POST /cat.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 10\r\n\r\nfirst');
  await turnsUntil(() => far.readableLength === 0);
  const { status, headers } = await web.post('/cat.cgi', '12345678');
  assert.deepEqual([status, headers['retry-after']], [503, '10']);
  assert.equal((await web.post('/cat.cgi', '1234567')).status, 200);
  far.destroy();
  await turnsUntil(() => web.log.some(({ aborted }) => aborted === true));
  assert.equal((await web.post('/cat.cgi', '123456789012')).status, 200, 'who goes leaves room');
});

test('encoded text is sent as far as it goes when its script pauses', async () => {
  const site = scriptSite({ 'a.cgi': `${HEAD}; echo first; ${awaitFile('go')}; echo last` });
  const [near] = (await Web.open({ site })).connect();
  near.write('GET /a.cgi HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n');
  let seen = '';
  near.setEncoding('latin1').on('data', (chunk) => {
    seen += chunk;
  });
  const text = () => {
    const [head = '', body] = seen.split(/\r\n\r\n(.*)/s);
    assert.match(head, /Content-Encoding: gzip|^$/);
    return body
      ? gunzipSync(Buffer.from(body, 'latin1'), { finishFlush: constants.Z_SYNC_FLUSH }).toString()
      : '';
  };
  await turnsUntil(() => text() === 'first\n');
  writeFileSync(join(site, 'go'), '');
  await turnsUntil(() => text() === 'first\nlast\n');
});

test('a script waits for a client that reads slowly', async () => {
  const BLOCK = 65_536;
  const count = `i=$((i+1)); echo $i > progress`;
  const text = `${HEAD}; i=0; while [ $i -lt 100 ]; do head -c ${BLOCK} /dev/zero; ${count}; done`;
  const site = scriptSite({ 'much.cgi': text });
  const [near] = (await Web.open({ site })).connect();
  near.write('GET /much.cgi HTTP/1.1\r\nHost: line\r\nConnection: close\r\n\r\n');
  let read = 0;
  for await (const chunk of near) {
    read += chunk.length;
    const made = Number(readFileSync(join(site, 'progress'), 'utf8')) * BLOCK;
    assert.ok(made - read < 8 * BLOCK, `${made} bytes made, ${read} read`);
  }
  assert.ok(read > 100 * BLOCK);
});

test('a short answer has its length, is encoded where that saves bytes, and has no header too many', async () => {
  const text = 'again and again '.repeat(50);
  const web = await Web.open({
    site: scriptSite({
      'text.cgi': `${HEAD}; printf '${text}'`,
      'own.cgi': `printf 'Content-Type: text/plain\\nContent-Encoding: x\\n\\n${text}'`,
      'etag.cgi': `printf 'Content-Type: text/plain\\nETag: "a"\\nVary: Cookie\\nContent-Length: 3\\n\\n${text}'`,
    }),
  });
  const plain = await web.get('/text.cgi');
  assert.deepEqual(plain.headers, {
    'content-type': 'text/plain',
    vary: 'Accept-Encoding',
    'content-length': '800',
  });
  const gzip = await web.get('/text.cgi', { 'Accept-Encoding': 'gzip' });
  assert.equal(gunzipSync(gzip.body).toString(), text);
  assert.equal(gzip.headers.vary, 'Accept-Encoding');
  const own = await web.get('/own.cgi', { 'Accept-Encoding': 'gzip' });
  assert.equal(own.body.toString(), text);
  const { headers } = await web.get('/etag.cgi', { 'Accept-Encoding': 'gzip' });
  assert.deepEqual([headers.etag, headers.vary], ['W/"a"', 'Cookie, Accept-Encoding']);
});

test('a long answer keeps the length that it announced, and is cut short where it does not', async () => {
  const head = (length: number) =>
    `printf 'Content-Type: a/b\\nContent-Length: ${length}\\n\\n'; head -c 100000 /dev/zero`;
  const web = await Web.open({
    site: scriptSite({ 'right.cgi': head(100_000), 'less.cgi': head(100_001), 'more.cgi': head(99_999) }),
  });
  const right = await web.get('/right.cgi');
  assert.deepEqual([right.headers['content-length'], right.body.length], ['100000', 100_000]);
  assert.ok((await web.get('/less.cgi')).body.length <= 100_000);
  assert.ok((await web.get('/more.cgi')).body.length <= 99_999);
  await turnsUntil(() => web.log.filter((line) => line.reason).length === 2);
  const reasons = web.log.flatMap((line) => (line.reason ? [`${line.script} ${line.reason}`] : []));
  assert.deepEqual(reasons, [
    'less.cgi it puts out 1 bytes less than its Content-Length',
    'more.cgi it puts out more than its Content-Length 99999',
  ]);
});

test('HEAD runs the script and sends its head alone', async () => {
  const web = await Web.open({
    site: scriptSite({ 'a.cgi': `${HEAD}; echo $REQUEST_METHOD > method; echo body` }),
  });
  const { status, headers, body } = await web.request('HEAD', '/a.cgi');
  assert.deepEqual([status, headers, body.length], [200, { 'content-type': 'text/plain' }, 0]);
});

test('a status without a body gets none', async () => {
  const web = await Web.open({
    site: scriptSite({ 'a.cgi': `printf 'Status: 204\\nContent-Length: 5\\n\\n'; echo body` }),
  });
  const { status, headers, body } = await web.get('/a.cgi');
  assert.deepEqual([status, headers, body.length], [204, {}, 0]);
});

test('a local redirect is followed in the server, and one without end is not', async () => {
  const site = scriptSite({
    'a.cgi': `printf 'Location: /sub/b.cgi?x=1\\n\\n'`,
    'sub/b.cgi': `${HEAD}; echo $REQUEST_METHOD $QUERY_STRING $CONTENT_LENGTH; cat`,
    'loop.cgi': `echo x >> turns; printf 'Location: /loop.cgi\\n\\n'`,
  });
  const web = await Web.open({ site });
  assert.equal((await web.post('/a.cgi', 'body')).body.toString(), 'GET x=1\n');
  assert.equal((await web.get('/loop.cgi')).status, 500);
  assert.equal(readFileSync(join(site, 'turns'), 'utf8'), 'x\n'.repeat(6));
});

//  name                 text                                        status  reason
const FAILURES: [string, string, number, RegExp][] = [
  ['silent.cgi', 'exit 3', 500, /ended without a head/],
  ['nothing.cgi', 'exit 0', 500, /ended without a head/],
  ['babble.cgi', 'echo hello; echo', 500, /malformed line: "hello"/],
  ['endless.cgi', 'yes "X-A: b"', 500, /head is too long/],
  ['killed.cgi', `${HEAD}; echo half; kill -9 $$`, 500, /ended by SIGKILL/],
  ['hangs.cgi', 'sleep 100', 504, /silent for 0.3 s/],
  ['floods.cgi', `${HEAD}; yes`, 200, /more than 200000 bytes/],
  ['bare.cgi', `printf 'Status: 500\\n\\n'`, 500, /500 and no page/],
  [
    'missing.cgi',
    '#!/usr/bin/no-such-thing\n',
    500,
    /interpreter \/usr\/bin\/no-such-thing is not installed/,
  ],
  ['shapeless.cgi', '#!\n', 500, /cannot be started|ended without a head/],
];
for (const [name, text, status, reason] of FAILURES) {
  test(`${name} fails, the log says why, and the next page is served`, async () => {
    const site = scriptSite({ [name]: text, 'good.cgi': `${HEAD}; echo fine` });
    const web = await Web.open({ site, scripts: { silence: 300, output: 200_000, processes: 1 } });
    assert.equal((await web.get(`/${name}`)).status, status);
    const failure = () => web.log.find((line) => line.msg === `script ${name} failed`);
    await turnsUntil(() => failure() !== undefined);
    assert.match(String(failure()!.reason), reason);
    assert.equal((await web.get('/good.cgi')).body.toString(), 'fine\n');
  });
}

test('a file that is not executable is no script, and not sent either', async () => {
  const site = scriptSite({ 'a.cgi': 'echo secret' });
  chmodSync(join(site, 'a.cgi'), 0o644);
  const web = await Web.open({ site });
  const { status, body } = await web.get('/a.cgi');
  assert.equal(status, 500);
  assert.doesNotMatch(body.toString(), /secret/);
  assert.ok(web.log.some((line) => /chmod \+x/.test(String(line.reason))));
});

test('what a script says on stderr is logged, no more than 4 kB of it', async () => {
  const web = await Web.open({ site: scriptSite({ 'a.cgi': `yes oops | head -c 100000 >&2; ${HEAD}` }) });
  await web.get('/a.cgi');
  await turnsUntil(() => web.log.some((line) => line.stderr));
  const { script, stderr } = web.log.find((line) => line.stderr)!;
  assert.equal(script, 'a.cgi');
  assert.match(String(stderr), /^(oops\n){800}/);
  assert.ok(String(stderr).length <= 4096);
});

test('so many scripts run at once, so many wait, and the rest are told to come again', async () => {
  const site = scriptSite({ 'a.cgi': `echo x >> runs; ${awaitFile('go')}; ${HEAD}; echo done` });
  const web = await Web.open({ site, scripts: { processes: 2, waiting: 1 } });
  const answers = [web.get('/a.cgi'), web.get('/a.cgi'), web.get('/a.cgi')];
  await turnsUntil(() => readFileSync(join(site, 'runs'), { encoding: 'utf8', flag: 'a+' }) === 'x\nx\n');
  const { status, headers } = await web.get('/a.cgi');
  assert.deepEqual([status, headers['retry-after']], [503, '10']);
  assert.equal(readFileSync(join(site, 'runs'), 'utf8'), 'x\nx\n');
  writeFileSync(join(site, 'go'), '');
  for (const answer of answers) assert.equal((await answer).body.toString(), 'done\n');
});

test('who leaves the queue makes room in it', async () => {
  const site = scriptSite({ 'a.cgi': `echo x > runs; ${awaitFile('go')}; ${HEAD}; echo done` });
  const web = await Web.open({ site, scripts: { processes: 1, waiting: 1 } });
  const first = web.get('/a.cgi');
  await written(site, 'runs');
  const [impatient] = web.connect();
  impatient.write('GET /a.cgi HTTP/1.1\r\nHost: line\r\n\r\n');
  while ((await web.get('/a.cgi')).status !== 503);
  impatient.destroy();
  const next = web.get('/a.cgi');
  writeFileSync(join(site, 'go'), '');
  assert.deepEqual([(await first).status, (await next).status], [200, 200]);
});

const site = scriptSite({
  'a.cgi': `${HEAD}; echo "[$PATH_INFO]"`,
  'dir/index.cgi': `${HEAD}; echo index`,
  'folder.cgi/page.txt': 'page',
  '.hidden.cgi': `${HEAD}; echo secret`,
  '_part.php': 'secret',
  'a.php~': 'secret',
  'a.php.bak': 'secret',
  'b.cgi.old': 'secret',
  'm.page.js': 'secret',
  'm.page.js~': 'secret',
});
const outside = scriptSite({ 'evil.cgi': `${HEAD}; echo secret` });
symlinkSync(join(outside, 'evil.cgi'), join(site, 'evil.cgi'));
symlinkSync(outside, join(site, 'out'));
mkdirSync(join(site, 'empty.cgi'));

//  path                      status  body          why
const PATHS: [string, number, string, string][] = [
  ['/a.cgi', 200, '[]\n', 'a script'],
  ['/a.cgi/', 200, '[/]\n', 'with a slash'],
  ['/a.cgi/x//.y/Ph.D.', 200, '[/x//.y/Ph.D.]\n', 'with a path for it to read'],
  ['/a.cgi/../a.cgi', 404, '', 'a way up behind it'],
  ['/dir/', 200, 'index\n', 'as the index of a folder'],
  ['/dir', 301, '', 'a folder without its slash'],
  ['/folder.cgi/page.txt', 200, 'page', 'a folder with the name of a script'],
  ['/empty.cgi', 404, '', 'a folder with the name of a script, and empty'],
  ['/.hidden.cgi', 404, '', 'a hidden script'],
  ['/evil.cgi', 404, '', 'a link out of the site'],
  ['/out/evil.cgi', 404, '', 'a linked folder out of the site'],
  ['/sub/../a.cgi', 404, '', 'a way up'],
  ['/a.cgi%2fx', 400, '', 'an encoded slash'],
  ['/_part.php', 404, '', 'a partial'],
  ['/a.php~', 404, '', "an editor's copy"],
  ['/a.php.bak', 404, '', 'a copy'],
  ['/b.cgi.old', 404, '', 'a copy'],
  ['/m.page.js', 404, '', "a module's source"],
  ['/m.page.js~', 404, '', "a copy of a module's source"],
];
for (const [path, status, body, why] of PATHS) {
  test(`${path} is answered by ${status}: ${why}`, async () => {
    const answer = await (await Web.open({ site })).get(path);
    assert.equal(answer.status, status);
    if (body) assert.equal(answer.body.toString(), body);
    assert.doesNotMatch(answer.body.toString(), /secret/);
  });
}

test('an HTML page of a script counts as a visit, and other answers do not', async () => {
  const html = `printf 'Content-Type: text/html\\n\\n'; echo "visitor $VISITOR_NUMBER"`;
  const web = await Web.open({
    site: scriptSite({
      'page.cgi': html,
      'data.cgi': `${HEAD}; echo "$VISITOR_NUMBER"`,
      'gone.cgi': `printf 'Status: 404\\nContent-Type: text/html\\n\\n'; echo gone`,
    }),
  });
  const browser = { Accept: 'text/html,*/*;q=0.8' };
  assert.equal((await web.get('/page.cgi', browser)).body.toString(), 'visitor 1\n');
  assert.equal((await web.request('HEAD', '/page.cgi', browser)).status, 200);
  assert.equal((await web.post('/page.cgi', 'x', browser)).body.toString(), 'visitor \n');
  assert.equal((await web.get('/data.cgi', { Accept: '*/*' })).body.toString(), '\n');
  assert.equal((await web.get('/gone.cgi')).status, 404);
  assert.equal(web.visitors.count, 1);
  assert.equal((await web.get('/page.cgi')).body.toString(), 'visitor \n', 'nobody asked for a page');
  assert.equal(web.visitors.count, 2, 'but it is one');
});

test('each answer is 404 where a folder holds no script', async () => {
  assert.equal((await (await Web.open({ site: folder() })).get('/a.php')).status, 404);
});
