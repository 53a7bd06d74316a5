import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER, type Serving, startServing } from './support/serving.ts';
import { PATIENCE, type TiedProcess } from './support/tied.ts';

const skip = requirements();

const GREETING = '<p>You are visitor number <%= it.visitor.number %></p>';
const ESTABLISHED = '01';

for (const { name, options } of [
  { name: 'a line as fast as the machine', options: {} },
  {
    name: 'a line of 115200 bps that turns over a bit in 20,000',
    options: { baud: 115_200, bitErrorRate: 5e-5 },
  },
]) {
  describe(`with all connections taken, the Linux kernel, over ${name}`, { skip }, () => {
    let serving: Serving;
    let holders: TiedProcess[];
    before(async () => {
      const site = scratchFolder();
      writeFileSync(join(site, 'index.eta'), GREETING);
      writeFileSync(join(site, 'long.eta'), `${GREETING}${'<i></i>'.repeat(1000)}`);
      writeFileSync(join(site, 'file.bin'), Buffer.alloc(1_000_000));
      const baud = String(options.baud ?? 0);
      serving = await startServing(options, '--site', site, '--baud', baud, '--max-connections', '2');
      holders = [1, 2].map(() => serving.peer.client('stalled', SERVER, '/file.bin'));
      for (const holder of holders) await holder.wrote('stdout', /begun/);
    });
    after(() => serving.stop());

    test('gets its pages all the same, one visitor after the other, each counted once', async () => {
      const first = visitorNumber(await serving.peer.curl(FRONT_PAGE));
      for (let visitor = first + 1; visitor <= first + 10; visitor++)
        assert.equal(visitorNumber(await serving.peer.curl(FRONT_PAGE)), visitor);
    });

    test('gets a request in two segments answered by 503, and all it says acknowledged', async () => {
      assert.deepEqual(await serving.peer.sees('in_two', SERVER), {
        status: 'HTTP/1.1 503 Service Unavailable',
        end: 'FIN',
      });
    });

    test('keeps no connection of all those but the two that are held', async () => {
      // On a noisy line the last of them may still have to repeat its FIN.
      const deadline = performance.now() + PATIENCE;
      let states = await connectionStates(serving);
      while (states.length > 2 && performance.now() < deadline) states = await connectionStates(serving);
      assert.deepEqual(states, [ESTABLISHED, ESTABLISHED]);
    });

    test('is told 503 where a page is too long for a segment, in time', async () => {
      const status = await serving.peer.curl(`${FRONT_PAGE}long`, '-w', '%{http_code}', '-o', '/dev/null');
      assert.equal(status, '503');
    });

    test('gets such a page once there is room, and was counted once', async () => {
      const before = visitorNumber(await serving.peer.curl(FRONT_PAGE));
      const curl = serving.peer.spawn('curl', '-sSv', '--max-time', '60', `${FRONT_PAGE}long`);
      await curl.wrote('stderr', /^> GET/m);
      await holders[0]!.kill('SIGKILL');
      const { stdout: page } = await curl.finished();
      assert.equal(visitorNumber(page), before + 1);
      assert.ok(page.endsWith('<i></i>'));
      assert.equal(visitorNumber(await serving.peer.curl(FRONT_PAGE)), before + 2);
    });
  });
}

/** Of the kernel's connections, as in include/net/tcp_states.h. */
async function connectionStates({ peer }: Serving): Promise<string[]> {
  const { stdout } = await peer.exec('cat', '/proc/net/tcp');
  const lines = stdout.split('\n').slice(1, -1);
  return lines.map((line) => line.trim().split(/\s+/)[3]!);
}
