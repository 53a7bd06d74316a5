import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { HTTP_LIMITS } from '../../src/web/http-limits.ts';
import { scratchFolder } from './support/daemon.ts';
import type { KernelPeerOptions } from './support/kernel-peer.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER, type Serving, startServing } from './support/serving.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requirements();
const MIB = 2 ** 20;
/** Who sends slowly has so long for the head of a request, and then to heed its 408, ms. */
const LONGEST_STAY =
  HTTP_LIMITS.headersTimeout + HTTP_LIMITS.connectionsCheckingInterval + HTTP_LIMITS.lingerTimeout;
/** For how long people wait, in seconds. */
const PATIENCE = '20';

/** What comes, and one of the counters that tell what became of it. */
const FLOODS: [kind: string, counter: string][] = [
  ['SYNs', 'cookiesOut'],
  ['resets', 'tcp-reset-unexpected'],
  ['acknowledgments', 'tcp-listen-no-syn'],
  ['fragments', 'ip-fragments-full'],
  ['pings', 'echoRequestsIn'],
];

/** With the daemon's counters. */
async function start(
  options: KernelPeerOptions,
  ...args: string[]
): Promise<Serving & { counter(name: string): Promise<number> }> {
  const admin = join(scratchFolder(), 'admin.sock');
  const serving = await startServing(options, '--admin', admin, ...args);
  const counter = async (name: string) => {
    const { stdout } = await new TiedProcess(
      'curl',
      '-sS',
      '--unix-socket',
      admin,
      'http://x/status',
    ).finished();
    return JSON.parse(stdout).lines[0].counters[name];
  };
  return { ...serving, counter };
}

describe('on a line of 115200 bps, at the mercy of an attacker with forged addresses', { skip }, () => {
  let serving: Awaited<ReturnType<typeof start>>;
  let limit = 0;
  before(async () => {
    serving = await start({ baud: 115_200 });
    await serving.peer.curl(FRONT_PAGE);
    limit = serving.daemon.memory + 64 * MIB;
  });
  after(() => serving.stop());

  for (const [kind, counter] of FLOODS) {
    test(`${kind}: memory stays where it was, and who gets through is served within ${PATIENCE} s`, async () => {
      const { peer, daemon } = serving;
      const before = await serving.counter(counter);
      // Twenty times what the line carries: hardly anything of anybody else's comes through the same queue.
      await peer.sees('flood', SERVER, kind, 20, 4);
      assert.ok((await serving.counter(counter)) > before, counter);
      const flood = peer.client('flood', SERVER, kind, 0.8, PATIENCE);
      await flood.wrote('stdout', /begun/);
      await peer.curl(FRONT_PAGE, '--max-time', PATIENCE);
      await flood.kill('SIGKILL');
      assert.ok(daemon.memory < limit, `${daemon.memory / MIB} MiB`);
    });
  }
});

describe('among ten thousand who send a byte every two seconds', { skip }, () => {
  test('a visitor is served, memory is bounded, and they are gone when their time is over', async (t) => {
    const { peer, daemon, counter, stop } = await start({}, '--baud', '0');
    t.after(stop);
    await peer.curl(FRONT_PAGE);
    const least = daemon.memory;
    // Of one address, no more than 4,096 are let in.
    const sources = [11, 12, 13, 14].map((last) => `192.168.7.${last}`);
    for (const source of sources) await peer.exec('ip', 'addr', 'add', source, 'dev', 'sl0');
    // Their own queue is not to be what holds them up.
    await peer.exec('ip', 'link', 'set', 'sl0', 'txqueuelen', '1000');
    const lorises = peer.client('lorises', SERVER, 10_000, ...sources);
    await lorises.wrote('stdout', /there/, 60_000);
    await peer.curl(FRONT_PAGE, '--max-time', PATIENCE);
    assert.ok((await counter('connectionsAccepted')) > 10_000);
    assert.ok(daemon.memory < least + 256 * MIB, `${(daemon.memory - least) / MIB} MiB`);
    assert.equal((await lorises.finished(2 * LONGEST_STAY)).code, 0);
    await peer.curl(FRONT_PAGE, '--max-time', PATIENCE);
  });
});
