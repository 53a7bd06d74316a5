import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PortLine } from '../../src/line/line.ts';
import { supervise } from '../../src/service/supervision.ts';
import { requiredCommands } from '../e2e/support/requirements.ts';
import { ServiceManager } from '../e2e/support/service-manager.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const skip = requiredCommands('systemd-notify', 'python3', 'setpriv');
const MINUTE = 60_000;

/** A line that is watched under a virtual clock, every ten seconds, and how often it was seen to move until now. */
async function watched(environment: Record<string, string> = { WATCHDOG_USEC: '30000000' }) {
  const manager = await ServiceManager.start();
  const clock = new VirtualClock();
  const line = { ready: true, isOpen: true, counters: { 'bytes-sent': 0 }, onLost() {}, onRestored() {} };
  const ends = {
    line: line as unknown as PortLine,
    port: 'port',
    address: 'a',
    peer: 'b',
    mtu: 576,
    baud: 9600,
  };
  const supervision = supervise([ends], assert.fail, clock, {
    ...process.env,
    ...environment,
    NOTIFY_SOCKET: manager.socket,
  });
  const fed = async () => {
    await supervision.stopping();
    await manager.wasTold(/STOPPING=1/);
    await manager.stop();
    return manager.notifications.filter(({ text }) => text === 'WATCHDOG=1').length;
  };
  return { clock, line, fed };
}

test('the watchdog is fed three times while it waits', { skip }, async () => {
  const { clock, fed } = await watched();
  clock.advance(MINUTE);
  assert.equal(await fed(), 6);
});

test('the watchdog is not fed once the line has stood still for a minute', { skip }, async () => {
  const { clock, line, fed } = await watched();
  line.ready = false;
  clock.advance(10 * MINUTE);
  assert.equal(await fed(), 7);
});

test('the watchdog is fed while a slow line moves, and while its port is away', { skip }, async () => {
  const { clock, line, fed } = await watched();
  line.ready = false;
  for (let i = 0; i < 4; i++) {
    line.counters['bytes-sent']++;
    clock.advance(MINUTE / 2);
  }
  line.isOpen = false;
  clock.advance(2 * MINUTE);
  assert.equal(await fed(), 24);
});

test("another process's watchdog is not fed", { skip }, async () => {
  const { clock, fed } = await watched({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' });
  clock.advance(MINUTE);
  assert.equal(await fed(), 0);
});
