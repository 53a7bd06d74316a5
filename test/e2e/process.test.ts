import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { runProgram, scratchFolder } from './support/daemon.ts';
import { requirements } from './support/requirements.ts';
import { SERVER, type Serving, startServing } from './support/serving.ts';
import { PATIENCE, TiedProcess } from './support/tied.ts';

const skip = requirements();

describe('the daemon as a process', { skip }, () => {
  let serving: Serving;
  beforeEach(async () => {
    serving = await startServing();
  });
  afterEach(() => serving.stop());

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`exits 0 on ${signal}, and its clients learn of it`, async () => {
      const idle = serving.peer.client('idle', SERVER);
      const kept = serving.peer.client('kept_alive', SERVER);
      await Promise.all([idle.wrote('stdout', /^connected$/m), kept.wrote('stdout', /^served$/m)]);
      const { code } = await serving.daemon.kill(signal);
      assert.equal(code, 0);
      // They end only at FIN or RST; with neither they would wait for longer than a test may take.
      for (const client of [idle, kept]) assert.equal((await client.finished()).code, 0);
    });
  }

  test('leaves a port alone that another one has, with exit status 1 and one line', async () => {
    const port = serving.peer.port;
    assertRefusedInOneLine(await runProgram('--port', port, '--state', scratchFolder()), port);
  });
});

describe('the daemon, refusing to start', { skip }, () => {
  test('exits 1 with one line for a port that does not exist', async () => {
    const port = '/dev/no-such-port';
    assertRefusedInOneLine(await runProgram('--port', port, '--state', scratchFolder()), port);
  });

  test('does not wait where the environment says no', async () => {
    const args = ['PHPSTACK_WAIT=no', process.execPath, 'bin/phpstack-ts.js', '--port', '/dev/no-such-port'];
    assertRefusedInOneLine(await new TiedProcess('env', ...args).finished(PATIENCE), '/dev/no-such-port');
  });

  const badUsages = [
    [],
    ['--port'],
    ['--no-such-option'],
    ['--port', '/dev/null', '--baud', 'fast'],
    ['--port', '/dev/null', '--mtu', '67'],
    ['--port', '/dev/null', '--mtu', '1501'],
    ['--port', '/dev/null', '--address', '192.168.7'],
    ['--port', '/dev/null', '--http-port', '65536'],
    ['--port', '/dev/null', '--flow-control', 'xonxoff'],
  ];
  for (const args of badUsages) {
    test(`exits 2 for bad usage: phpstack-ts ${args.join(' ')}`, async () => {
      const { code, stderr } = await runProgram(...args);
      assert.equal(code, 2, stderr);
      assert.notEqual(stderr, '');
    });
  }
});

function assertRefusedInOneLine(
  { code, stdout, stderr }: Awaited<ReturnType<typeof runProgram>>,
  port: string,
): void {
  assert.equal(code, 1);
  const lines = (stdout + stderr).trimEnd().split('\n');
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.ok(lines[0]!.includes(port), lines[0]);
}
