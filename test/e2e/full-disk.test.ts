import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { StackPeer } from './support/stack-peer.ts';

const skip = requirements();
const DISK = 65_536;

describe('a full disk', { skip }, () => {
  test('takes visitor numbers all the same, and does not end the server', async () => {
    const state = scratchFolder();
    const peer = await StackPeer.start(join(scratchFolder(), 'port'));
    const daemon = await Daemon.startOnDisk(DISK, peer.port, state);
    assert.equal(visitorNumber(await peer.page('/')), 1);
    const filled = await daemon.exec('dd', 'if=/dev/zero', `of=${state}/filler`, 'bs=4k');
    assert.match(filled.stderr, /No space left on device/);
    assert.equal(visitorNumber(await peer.page('/')), 2);
    assert.match(
      (await daemon.exec('cat', join(state, 'visitors'))).stdout,
      /^0{15}2 /m,
      'and it is on disk',
    );
    // The visits by hour, day and page are written at the end, if there is room.
    const { code, stdout } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    assert.match(stdout, /visits by hour, day and page cannot be written/);
    peer.stop();
  });

  test('that holds a damaged counter: it is kept aside and said, nobody is shown a number twice, and it heals', async () => {
    const damaged = join(scratchFolder(), 'visitors');
    writeFileSync(damaged, '0000000000000041 damaged!\n'.repeat(4));
    const state = scratchFolder();
    const peer = await StackPeer.start(join(scratchFolder(), 'port'));
    const fill = `cp ${damaged} visitors && ! dd if=/dev/zero of=filler bs=4k`;
    const daemon = await Daemon.startOnDisk(DISK, peer.port, state, fill);
    const damage = daemon.log.find(({ keptAs }) => keptAs !== undefined)!;
    assert.match(String(damage.msg), /damaged: continuing after visitor 41$/);
    assert.doesNotMatch(await peer.page('/'), /visitor/, 'no number that could be lost');
    await daemon.logged(/visitor counter cannot be written/);
    await daemon.exec('rm', join(state, 'filler'));
    await daemon.logged(/visitor counter is on disk again/);
    assert.equal(visitorNumber(await peer.page('/')), 43);
    assert.match((await daemon.exec('cat', join(state, 'visitors'))).stdout, /^0{14}43 /m);
    const kept = await daemon.exec('cat', String(damage.keptAs));
    assert.equal(kept.stdout, readFileSync(damaged, 'utf8'));
    await daemon.kill('SIGKILL');
    peer.stop();
  });
});
