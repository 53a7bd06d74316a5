import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { awaitFile, HEAD, isRunning, scriptSite, written } from '../support/scripts.ts';
import { turnsUntil, Web } from '../support/web.ts';

/** Starts a process that would outlive the script, and tells the numbers of both. */
const PIDS = 'sleep 1000 & echo $! $$ > pids';
const STUBBORN = `trap '' TERM; ${PIDS}; while :; do sleep 1; done`;
const GET = 'GET /a.cgi HTTP/1.1\r\nHost: line\r\n\r\n';

async function pidsOf(site: string): Promise<number[]> {
  return (await written(site, 'pids')).split(' ').map(Number);
}

function allEnd(pids: number[]): Promise<void> {
  return turnsUntil(() => !pids.some(isRunning));
}

//  what the script does                            its text
const ENDLESS: [string, string][] = [
  ['has said nothing yet', `${PIDS}; wait`],
  ['is amidst its body', `${HEAD}; echo hello; ${PIDS}; wait`],
  ['puts out more than is read', `${HEAD}; ${PIDS}; yes`],
  ['waits for the rest of its body', `${PIDS}; cat`],
  ['ignores SIGTERM', STUBBORN],
];
for (const [what, text] of ENDLESS) {
  test(`a script that ${what} ends with all that it started when its client goes`, async () => {
    const site = scriptSite({ 'a.cgi': text, 'b.cgi': `${HEAD}; echo fine` });
    const web = await Web.open({ site, scripts: { processes: 1, grace: 100, body: 5 } });
    const [near] = web.connect();
    near.on('error', () => {});
    near.write('POST /a.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 9\r\n\r\nhello');
    const pids = await pidsOf(site);
    assert.ok(pids.every(isRunning));
    near.destroy();
    await allEnd(pids);
    assert.equal((await web.get('/b.cgi')).body.toString(), 'fine\n', 'and its place is free again');
    assert.deepEqual(
      web.log.filter((line) => line.msg !== 'request'),
      [],
    );
  });
}

test('a script whose turn has not come when its client goes never begins', async () => {
  const site = scriptSite({ 'a.cgi': `${PIDS}; wait`, 'b.cgi': 'echo $$ > pid' });
  const [near] = (await Web.open({ site, scripts: { grace: 100 } })).connect();
  near.write(GET + GET.replace('a.cgi', 'b.cgi'));
  const pids = await pidsOf(site);
  near.destroy();
  await allEnd(pids);
  assert.equal(existsSync(join(site, 'pid')), false);
});

test('what a script leaves running ends with it', async () => {
  const site = scriptSite({ 'a.cgi': `${HEAD}; ${PIDS}; echo done` });
  const web = await Web.open({ site });
  assert.equal((await web.get('/a.cgi')).body.toString(), 'done\n');
  await allEnd(await pidsOf(site));
});

test('a script that has left its group keeps nobody waiting', async () => {
  const site = scriptSite({
    'a.cgi': `${HEAD}; setsid sh -c 'echo $$ $$ > pids; exec sleep 1000' & ${awaitFile('pids')}; echo done`,
  });
  const web = await Web.open({ site, scripts: { silence: 300, grace: 100, processes: 1 } });
  await web.get('/a.cgi');
  const [pid] = await pidsOf(site);
  await web.pages.close();
  process.kill(pid!, 'SIGKILL');
});

test('a script that runs too long is ended, however slowly its client reads', async () => {
  const site = scriptSite({ 'a.cgi': `${HEAD}; ${PIDS}; yes` });
  const web = await Web.open({ site, scripts: { lifetime: 300, grace: 100 } });
  const [near] = web.connect();
  near.on('error', () => {});
  near.write(GET);
  await allEnd(await pidsOf(site));
  near.resume();
  await turnsUntil(() => web.log.some((line) => /longer than 0.3 s/.test(String(line.reason))));
});

test('a client that sends its body slowly does not make its script too slow', async () => {
  const site = scriptSite({ 'a.cgi': `${HEAD}; cat` });
  const web = await Web.open({ site, scripts: { silence: 100, body: 1 } });
  const [near] = web.connect();
  let seen = '';
  near.on('data', (chunk) => {
    seen += chunk;
  });
  near.write('POST /a.cgi HTTP/1.1\r\nHost: line\r\nContent-Length: 2\r\n\r\na');
  const began = Date.now();
  await turnsUntil(() => Date.now() - began > 350);
  near.write('b');
  await turnsUntil(() => /200 OK[\s\S]*a[\s\S]*b\r\n0\r\n\r\n$/.test(seen));
});

test('closing ends the scripts that run, and sends away who waits for one', async () => {
  const site = scriptSite({ 'a.cgi': STUBBORN });
  const web = await Web.open({ site, scripts: { processes: 1, grace: 100 } });
  const answers = [web.get('/a.cgi'), web.get('/a.cgi')];
  const pids = await pidsOf(site);
  await web.pages.close();
  await allEnd(pids);
  for (const answer of answers) assert.equal((await answer).status, 503);
});

test('a server that exits without closing takes its scripts with it', async () => {
  const site = scriptSite({ 'a.cgi': STUBBORN });
  const path = new URL('../support/stubborn-server.ts', import.meta.url);
  const server = fork(path, [site], { execArgv: ['--import', 'tsx'] });
  const pids = await pidsOf(site);
  server.send('exit');
  assert.deepEqual(await once(server, 'exit'), [3, null]);
  await allEnd(pids);
});
