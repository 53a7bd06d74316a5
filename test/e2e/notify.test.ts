import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { requiredCommands, requirements } from './support/requirements.ts';
import { ServiceManager } from './support/service-manager.ts';
import { FRONT_PAGE, SERVER } from './support/serving.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requirements() || requiredCommands('systemd-notify');

/** How long the page below holds up the event loop, in ms. */
const HELD_UP = 1500;
const HOLD_UP = `export default () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${HELD_UP});
  return 'done';
};`;

describe('the daemon, started by a service manager', { skip }, () => {
  test('says when pages can be had, and that it stops', async (t) => {
    const [manager, peer] = [await ServiceManager.start(), await KernelPeer.start()];
    const daemon = await Daemon.startIn(
      { NOTIFY_SOCKET: manager.socket },
      peer.port,
      '--state',
      scratchFolder(),
    );
    t.after(() => Promise.all([daemon.kill('SIGKILL'), manager.stop(), peer.stop()]));
    await manager.wasTold(/READY=1/);
    assert.match(await peer.curl(FRONT_PAGE), /visitor/);
    const { code } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    assert.deepEqual(
      manager.notifications.map(({ text }) => text),
      [`READY=1 STATUS=serving ${SERVER} on ${peer.port}`, 'STOPPING=1 STATUS=stopping'],
    );
  });

  test('is ready only once the port is there, and tells when it is away', async (t) => {
    const manager = await ServiceManager.start();
    const port = join(scratchFolder(), 'port');
    const environment = { NOTIFY_SOCKET: manager.socket };
    const daemon = await Daemon.startIn(environment, port, '--wait', '--state', scratchFolder());
    t.after(() => Promise.all([daemon.kill('SIGKILL'), manager.stop()]));
    await manager.wasTold(/STATUS=waiting/);
    for (const _ of ['first', 'again']) {
      const device = new TiedProcess('socat', '-u', `pty,raw,echo=0,link=${port}`, '-');
      await manager.wasTold(/serving .*\n$/);
      await device.kill('SIGKILL');
      await manager.wasTold(/waiting .*\n$/);
    }
    const [serving, waiting] = [`READY=1 STATUS=serving ${SERVER} on ${port}`, `STATUS=waiting for ${port}`];
    assert.deepEqual(
      manager.notifications.map(({ text }) => text),
      [waiting, serving, waiting, serving, waiting],
    );
  });

  test('feeds the watchdog, but not while its event loop is held up', async (t) => {
    const site = scratchFolder();
    writeFileSync(join(site, 'hold-up.page.js'), HOLD_UP);
    const [manager, peer] = [await ServiceManager.start(), await KernelPeer.start()];
    const environment = { NOTIFY_SOCKET: manager.socket, WATCHDOG_USEC: '300000' };
    const daemon = await Daemon.startIn(environment, peer.port, '--site', site, '--state', scratchFolder());
    t.after(() => Promise.all([daemon.kill('SIGKILL'), manager.stop(), peer.stop()]));
    await manager.wasTold(/WATCHDOG=1\n/);
    assert.equal(await peer.curl(`${FRONT_PAGE}hold-up`), 'done');
    const fedBefore = manager.notifications.length;
    await manager.wasTold(new RegExp(`([^]*WATCHDOG=1\n){${fedBefore}}`));
    const times = manager.notifications.filter(({ text }) => text === 'WATCHDOG=1').map(({ at }) => at);
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    assert.ok(Math.max(...gaps) > (0.9 * HELD_UP) / 1000, `fed after ${gaps.join(', ')} s`);
  });

  test('that cannot be told goes on, and says so once', async (t) => {
    const peer = await KernelPeer.start();
    const environment = { NOTIFY_SOCKET: '/no/such/socket', WATCHDOG_USEC: '30000' };
    const daemon = await Daemon.startIn(environment, peer.port, '--state', scratchFolder());
    t.after(() => Promise.all([daemon.kill('SIGKILL'), peer.stop()]));
    await daemon.logged(/service manager cannot be told/);
    for (let i = 0; i < 3; i++) assert.match(await peer.curl(FRONT_PAGE), /visitor/);
    const warnings = daemon.log.filter(({ msg }) => /service manager/.test(String(msg)));
    assert.equal(warnings.length, 1);
  });
});
