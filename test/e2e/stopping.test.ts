import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requiredCommands } from './support/requirements.ts';
import { StackPeer } from './support/stack-peer.ts';
import { TiedProcess } from './support/tied.ts';

/** Takes a second and a half on a line of 115200 bps. */
const LENGTH = 17_000;
const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** A site with a long file, and pages that fail after they have answered. */
function failingSite(): string {
  const site = scratchFolder();
  writeFileSync(join(site, 'long.bin'), Buffer.alloc(LENGTH, 'x'));
  const later = (what: string) =>
    `export default () => { setTimeout(() => { ${what} }, 50); return 'soon'; };`;
  writeFileSync(join(site, 'throw.page.js'), later(`throw new Error('thrown by the site')`));
  writeFileSync(join(site, 'reject.page.js'), later(`Promise.reject(new Error('rejected by the site'))`));
  writeFileSync(join(site, 'index.eta'), 'visitor <%= it.visitor.number %>');
  return site;
}

describe('the end of the daemon', { skip: requiredCommands('tshark') }, () => {
  const site = failingSite();
  let peer: StackPeer;
  beforeEach(async () => {
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
  });
  afterEach(() => peer.stop());

  const start = (state: string, ...args: string[]) =>
    Daemon.start(peer.port, '--state', state, '--site', site, ...args);

  test('at SIGTERM an answer under way is finished, nobody else is let in, and the idle are told', async () => {
    const daemon = await start(scratchFolder());
    const idle = peer.client(GET('/'));
    await idle.hears(/visitor 1/);
    const client = peer.client(GET('/long.bin'));
    await client.hears(/x/);
    const ended = daemon.kill('SIGTERM');
    await daemon.logged(/"msg":"stopping"/);
    await assert.rejects(peer.page('/'), { code: 'ECONNREFUSED' });
    await client.hears(new RegExp(`x{${LENGTH}}`));
    assert.ok(client.heard.endsWith('x'.repeat(LENGTH)));
    assert.equal((await ended).code, 0);
    assert.deepEqual([client.ended, idle.ended], [true, true]);
  });

  test('one that takes longer than --grace is reset', async () => {
    const daemon = await start(scratchFolder(), '--grace', '0.2');
    const client = peer.client(GET('/long.bin'));
    await client.hears(/x/);
    const { code } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    await client.hears(/never/);
    assert.equal(client.error, 'ECONNRESET');
    assert.ok(client.heard.length < LENGTH);
  });

  for (const [page, reason] of [
    ['/throw', 'thrown by the site'],
    ['/reject', 'rejected by the site'],
  ] as const) {
    test(`an error that nobody caught (${page}) leaves the last datagrams, and visitors go on counting`, async () => {
      const state = scratchFolder();
      const admin = join(scratchFolder(), 'admin.sock');
      const daemon = await start(state, '--admin', admin);
      for (let visit = 1; visit <= 20; visit++) assert.equal(visitorNumber(await peer.page('/')), visit);
      await peer.page(page).catch(() => {});
      const { code, stdout, stderr } = await daemon.finished();
      assert.equal(code, 1);
      assert.equal(stderr, '');
      const { level, ...crash } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
      assert.deepEqual([level, crash.msg, crash.reason], [60, 'crashed', reason]);
      assert.match(crash.stack, /page\.js/);
      assert.equal(existsSync(admin), false);

      const capture = join(state, 'crash.pcapng');
      assert.equal(crash.capture, capture);
      const tshark = new TiedProcess(
        'tshark',
        '-r',
        capture,
        '-Y',
        'http',
        '-T',
        'fields',
        '-e',
        'http.request.uri',
      );
      assert.match((await tshark.finished()).stdout, new RegExp(page));
      const all = await new TiedProcess(
        'tshark',
        '-r',
        capture,
        '-T',
        'fields',
        '-e',
        'frame.number',
      ).finished();
      assert.equal(all.stdout.trimEnd().split('\n').length, 64);

      peer.stop();
      peer = await StackPeer.start(join(scratchFolder(), 'port'));
      const next = await start(state);
      assert.ok(visitorNumber(await peer.page('/')) > 20);
      await next.kill('SIGKILL');
    });
  }
});
