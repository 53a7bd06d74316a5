import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER } from './support/serving.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requirements();

describe("socat's pair of ptys, in place of the rig's own", { skip }, () => {
  test('carries pings and pages, at an MTU of 296', async (t) => {
    const folder = scratchFolder();
    const [near, far] = [join(folder, 'near'), join(folder, 'far')];
    const ends = [near, far].map((link) => `pty,raw,echo=0,link=${link}`);
    const socat = new TiedProcess('socat', '-d', '-d', ...ends);
    await socat.wrote('stderr', /starting data transfer loop/);
    const peer = await KernelPeer.start({ port: near, mtu: 296 });
    const daemon = await Daemon.start(far, '--mtu', '296', '--state', scratchFolder());
    t.after(async () => {
      await daemon.kill('SIGKILL');
      await peer.stop();
      await socat.kill('SIGKILL');
    });

    const capture = await peer.capture();
    const { stdout } = await peer.exec('ping', '-c', '5', '-i', '0.2', SERVER);
    assert.match(stdout, /5 received, 0% packet loss/);
    const first = visitorNumber(await peer.curl(FRONT_PAGE));
    assert.equal(visitorNumber(await peer.curl(FRONT_PAGE)), first + 1);
    const recording = await capture.stop();
    await recording.assertChecksums();
    assert.deepEqual(await recording.datagrams('ip.len > 296', 'ip.len'), []);
  });
});
