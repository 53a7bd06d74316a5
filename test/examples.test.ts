import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Stack } from '../src/ip/stack.ts';
import { openSerialLine } from '../src/line/serial.ts';
import { connect } from '../src/node/connect.ts';
import { drive } from '../src/node/drive.ts';
import { noSocat, PtyPair } from './support/pty-pair.ts';
import { folder, turnsUntil, Web } from './support/web.ts';

const examples = fileURLToPath(new URL('../examples', import.meta.url));

describe('the guestbook', () => {
  const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const open = async () => {
    const copy = folder();
    cpSync(join(examples, 'guestbook/site'), join(copy, 'site'), { recursive: true });
    return Web.open({ site: join(copy, 'site') });
  };

  test('shows what was written into it, escaped, and which visitor you are', async () => {
    const web = await open();
    const signed = await web.post('/', 'name=Ann+%3Cb%3E&text=%3Cscript%3E+gr%C3%BC%C3%9Fe', FORM);
    assert.deepEqual([signed.status, signed.headers.location], [303, '/index.php']);
    const page = (await web.get('/', { Accept: 'text/html' })).body.toString();
    assert.match(page, /You are visitor 1\./);
    assert.match(page, /<b>Ann &lt;b&gt;<\/b>.*\n<p>&lt;script&gt; grüße/);
  });

  test('keeps what is written at the same moment, and shows the newest first', async () => {
    const web = await open();
    const names = Array.from({ length: 12 }, (_, i) => `guest-${i}`);
    await Promise.all(names.map((name) => web.post('/', `name=${name}&text=hello`, FORM)));
    await web.post('/', 'text=the+last', FORM);
    const page = (await web.get('/')).body.toString();
    for (const name of names) assert.ok(page.includes(`<b>${name}</b>`), name);
    assert.match(page, /^<hr><p><b>Somebody<\/b>.*\n<p>the last\s*<hr>/m);
    assert.equal(page.match(/<hr>/g)!.length, 13);
  });

  test('an empty entry, or a form that is none, adds nothing', async () => {
    const web = await open();
    for (const body of ['text=+', 'text[]=a', '']) await web.post('/', body, FORM);
    assert.doesNotMatch((await web.get('/')).body.toString(), /<hr>/);
  });
});

describe('the sensor', () => {
  const open = () => Web.open({ site: join(examples, 'sensor/site') });

  test('shows a reading and a plot', async () => {
    const page = (await (await open()).get('/')).body.toString();
    assert.match(page, /<h1>\d+\.\d (°C|load)<\/h1>/);
    assert.match(page, /<polyline points="0,/);
  });

  test('goes on as long as somebody looks on', async () => {
    const web = await open();
    const [near] = web.connect();
    let seen = '';
    near.on('data', (chunk) => {
      seen += chunk;
    });
    near.write('GET /live?every=0.1 HTTP/1.0\r\n\r\n');
    await turnsUntil(() => (seen.match(/Z \d+\.\d\d /g)?.length ?? 0) >= 3);
    near.destroy();
    await turnsUntil(() => web.log.some((line) => line.msg === 'request'));
    assert.equal(web.log.length, 1);
  });

  test('keeps what its pages share to itself', async () => {
    assert.equal((await (await open()).get('/_sensor.js')).status, 404);
  });
});

describe('the Express app', () => {
  const started: ChildProcess[] = [];
  after(() => {
    for (const app of started) app.kill('SIGKILL');
  });
  const start = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, PORT: '0' };
    const app = spawn(process.execPath, [join(examples, 'express/main.js'), ...args], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(app);
    const [line] = await once(app.stdout, 'data');
    return line.toString();
  };

  test('is served over a virtual line', async () => {
    const [url] = /http:\S+/.exec(await start()) ?? [];
    const body = JSON.stringify({ name: 'Ann' });
    const headers = { 'Content-Type': 'application/json' };
    const signed = await fetch(`${url}guests`, { method: 'POST', headers, body });
    assert.deepEqual([signed.status, await signed.json()], [201, { count: 1 }]);
    const form = new URLSearchParams({ name: '<b>Bob' });
    const page = await (await fetch(`${url}guests`, { method: 'POST', body: form })).text();
    assert.match(page, /<li>Ann<li>&lt;b>Bob/);
  });

  test('is served on a serial port', { skip: noSocat }, async () => {
    const ptys = new PtyPair();
    await ptys.plug();
    assert.match(await start(ptys.a, '115200'), /^serving http:\/\/192\.168\.7\.2\//);
    const line = await openSerialLine({ path: ptys.b, baud: 115_200 });
    const stack = new Stack({ address: '192.168.7.1' });
    const driver = drive(stack, line);
    const createConnection = () => connect(stack, { address: '192.168.7.2', port: 80 }) as never;
    const get = request({ createConnection, path: '/guests' }).end();
    const [response] = await once(get, 'response');
    let text = '';
    for await (const chunk of response) text += chunk;
    assert.deepEqual(JSON.parse(text), []);
    driver.stop();
    await line.close();
    started.at(-1)!.kill('SIGKILL');
    await once(started.at(-1)!, 'exit');
    await ptys.remove();
  });
});
