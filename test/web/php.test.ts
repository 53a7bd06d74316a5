import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { awaitFile, scriptSite } from '../support/scripts.ts';
import { dechunk, turnsUntil, Web } from '../support/web.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

test('phpinfo() tells all about PHP', async () => {
  const web = await Web.open({ site: scriptSite({ 'info.php': '<?php phpinfo();' }) });
  const answer = await web.get('/info.php', { 'Accept-Encoding': 'gzip' });
  assert.equal(answer.status, 200);
  const page = gunzipSync(dechunk(answer)).toString();
  assert.match(page, /Server API.*CGI\/FastCGI/);
  assert.match(page, /<\/html>/);
  assert.equal(answer.headers['x-powered-by'], undefined);
});

test('a form that posts 100 kB arrives', async () => {
  const text = '<?= strlen($_POST["text"]), " ", $_POST["end"], " ", $_SERVER["CONTENT_LENGTH"];';
  const web = await Web.open({ site: scriptSite({ 'form.php': text }) });
  const body = `text=${'x'.repeat(100_000)}&end=here`;
  assert.equal((await web.post('/form.php', body, FORM)).body.toString(), `100000 here ${body.length}`);
});

test('PHP knows its place, and the path behind it', async () => {
  const names = ['SCRIPT_NAME', 'PATH_INFO', 'PHP_SELF', 'QUERY_STRING', 'DOCUMENT_ROOT', 'SCRIPT_FILENAME'];
  const text = `<?php foreach (['${names.join("','")}'] as $n) echo $_SERVER[$n] ?? '-', "\\n"; echo getcwd(), " ", $_GET["a"];`;
  const site = scriptSite({ 'sub/a.php': text });
  const { body } = await (await Web.open({ site })).get('/sub/a.php/x/y?a=b+c');
  const script = join(site, 'sub/a.php');
  const lines = ['/sub/a.php', '/x/y', '/sub/a.php/x/y', 'a=b+c', site, script, `${join(site, 'sub')} b c`];
  assert.deepEqual(body.toString().split('\n'), lines);
});

test('the query is no command line', async () => {
  const web = await Web.open({ site: scriptSite({ 'a.php': 'run <?= "ok";' }) });
  assert.equal((await web.get('/a.php?-s')).body.toString(), 'run ok');
});

test('status, headers and cookies of PHP reach the client', async () => {
  const web = await Web.open({
    site: scriptSite({
      'a.php':
        '<?php http_response_code(418); setcookie("a", "1"); setcookie("b", "2"); header("X-A: b"); ?>tea',
      'away.php': '<?php header("Location: /a.php");',
    }),
  });
  const raw = (await web.raw('GET /a.php HTTP/1.0\r\n\r\n')).toString();
  assert.match(raw, /^HTTP\/1\.1 418 /);
  assert.deepEqual(raw.match(/^Set-Cookie: \w=\d/gim), ['Set-Cookie: a=1', 'Set-Cookie: b=2']);
  assert.match(raw, /^X-A: b\r\n/m);
  const { status, headers } = await web.get('/away.php');
  assert.deepEqual([status, headers.location], [302, '/a.php']);
});

test('index.php answers for its folder, after a template and before a file', async () => {
  const site = scriptSite({
    'index.php': 'php',
    'index.html': 'html',
    'sub/index.php': 'php',
    'sub/index.eta': 'eta',
  });
  const web = await Web.open({ site });
  assert.equal((await web.get('/')).body.toString(), 'php');
  assert.equal((await web.get('/sub/')).body.toString(), 'eta');
});

test('what PHP flushes is sent at once', async () => {
  const wait = awaitFile('go').replace(
    /^while .*$/,
    'while (!file_exists("go")) { usleep(10000); clearstatcache(); }',
  );
  const site = scriptSite({
    'a.php': `<?php while (ob_get_level()) ob_end_flush(); echo "first"; flush(); ${wait} echo "last";`,
  });
  const [near] = (await Web.open({ site })).connect();
  let seen = '';
  near.on('data', (chunk) => {
    seen += chunk;
  });
  near.write('GET /a.php HTTP/1.0\r\n\r\n');
  await turnsUntil(() => seen.includes('first'));
  assert.doesNotMatch(seen, /last/);
  writeFileSync(join(site, 'go'), '');
  await turnsUntil(() => seen.endsWith('firstlast'));
});

test('PHP that fails gives the 500 page, and the log says where', async () => {
  const site = scriptSite({ 'bad.php': '<?php\nnope();', '500.eta': 'sorry: <%= it.status %>' });
  const web = await Web.open({ site });
  const { status, body } = await web.get('/bad.php');
  assert.deepEqual([status, body.toString()], [500, 'sorry: 500']);
  await turnsUntil(() => web.log.some((line) => /bad\.php:2/.test(String(line.stderr))));
  assert.equal(web.visitors.count, 0);
});

test('without php-cgi the page and the log name it, and no source is sent', async () => {
  const site = scriptSite({ 'a.php': '<?php echo "secret";' });
  const web = await Web.open({ site, scripts: { php: 'no-such-php-cgi' } });
  const { status, body } = await web.get('/a.php');
  assert.equal(status, 500);
  assert.equal(body.toString(), 'a.php cannot run: its interpreter no-such-php-cgi is not installed\n');
  assert.ok(
    web.log.some(({ script, reason }) => script === 'a.php' && /no-such-php-cgi/.test(String(reason))),
  );
});

test('a visitor of a PHP page is shown the number', async () => {
  const web = await Web.open({ site: scriptSite({ 'a.php': 'visitor <?= $_SERVER["VISITOR_NUMBER"];' }) });
  const browser = { Accept: 'text/html' };
  assert.equal((await web.get('/a.php', browser)).body.toString(), 'visitor 1');
  assert.equal((await web.get('/a.php', browser)).body.toString(), 'visitor 2');
  assert.equal(web.visitors.count, 2);
});
