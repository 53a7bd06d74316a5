import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../e2e/support/daemon.ts';
import { KernelPeer } from '../e2e/support/kernel-peer.ts';
import { visitorNumber } from '../e2e/support/pages.ts';
import { requiredCommands, requirements } from '../e2e/support/requirements.ts';
import { FRONT_PAGE } from '../e2e/support/serving.ts';
import { TiedProcess } from '../e2e/support/tied.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const skip = requirements() || requiredCommands('npm');

/** All that there is on PATH: no compiler, no make, no python. */
const COMMANDS = ['node', 'npm', 'env', 'sh'];

describe('npm install --global', { skip }, () => {
  const prefix = scratchFolder();
  const path = join(scratchFolder(), 'bin');
  before(() => {
    mkdirSync(path);
    for (const command of COMMANDS) {
      const found = execFileSync('which', [command], { encoding: 'utf8' }).trim();
      symlinkSync(found, join(path, command));
    }
    const packed = scratchFolder();
    // The tests run what has been built; other tests may be running it now.
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', packed], {
      cwd: PACKAGE,
    });
    const tarball = execFileSync('sh', ['-c', 'echo "$0"/*.tgz', packed], { encoding: 'utf8' }).trim();
    const flags = ['--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', '--global', ...flags, tarball], {
      env: { ...process.env, PATH: path },
      stdio: 'pipe',
    });
  });

  test('gives a command that serves on a serial line, without a compiler', async (t) => {
    const peer = await KernelPeer.start();
    const command = [join(prefix, 'bin/phpstack-ts'), '--port', peer.port, '--state', scratchFolder()];
    const daemon = new TiedProcess('env', `PATH=${path}`, ...command);
    t.after(() => Promise.all([daemon.kill('SIGKILL'), peer.stop()]));
    await daemon.wrote('stdout', /serving/);
    assert.equal(visitorNumber(await peer.curl(FRONT_PAGE)), 1);
  });
});
