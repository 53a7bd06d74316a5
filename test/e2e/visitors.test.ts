import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE } from './support/serving.ts';

const skip = requirements();

describe('the visitor counter', { skip }, () => {
  const state = scratchFolder();
  let peer: KernelPeer;
  let daemon: Daemon;
  before(async () => {
    peer = await KernelPeer.start();
    daemon = await start();
  });
  after(async () => {
    await daemon.kill('SIGKILL');
    await peer.stop();
  });

  const start = () => Daemon.start(peer.port, '--state', state);

  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    test(`goes on after ${signal}`, async () => {
      const shown = visitorNumber(await peer.curl(FRONT_PAGE));
      await daemon.kill(signal);
      daemon = await start();
      assert.equal(visitorNumber(await peer.curl(FRONT_PAGE)), shown + 1);
    });
  }

  test('loses nobody who was shown a number, even when killed in a crowd', async () => {
    const visits = Array.from({ length: 20 }, () => peer.exec('curl', '-sS', '--max-time', '20', FRONT_PAGE));
    await Promise.race(visits);
    await daemon.kill('SIGKILL');
    daemon = await start();
    const served = (await Promise.all(visits)).filter(({ code }) => code === 0);
    const shown = served.map(({ stdout }) => visitorNumber(stdout));
    assert.equal(new Set(shown).size, shown.length);
    assert.ok(visitorNumber(await peer.curl(FRONT_PAGE)) > Math.max(...shown));
  });
});
