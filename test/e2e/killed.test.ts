import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { StackPeer } from './support/stack-peer.ts';

const KILLS = 100;
const CLIENTS = 8;

test('no number that was shown is lost or shown again, whenever the server is killed under load', async () => {
  const state = scratchFolder();
  let highest = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // Some die at their first page, some amidst the fortieth.
    const shown = await shownUntilKilled(state, 1 + ((7 * kill) % 40));
    assert.ok(Math.min(...shown) > highest, `${Math.min(...shown)} was shown after ${highest}`);
    assert.equal(new Set(shown).size, shown.length, 'no number is shown twice');
    highest = Math.max(...shown);
  }
});

/** The numbers that clients saw of a server which is killed once they have seen `count` of them. */
async function shownUntilKilled(state: string, count: number): Promise<number[]> {
  const peer = await StackPeer.start(join(scratchFolder(), 'port'));
  const daemon = await Daemon.start(peer.port, '--baud', '0', '--state', state);
  const shown: number[] = [];
  let isAlive = true;
  const visitAgainAndAgain = async () => {
    while (isAlive) {
      shown.push(visitorNumber(await peer.page('/')));
      if (shown.length < count) continue;
      isAlive = false;
      await daemon.kill('SIGKILL');
    }
  };
  await Promise.allSettled(Array.from({ length: CLIENTS }, visitAgainAndAgain));
  peer.stop();
  assert.ok(shown.length >= count);
  return shown;
}
