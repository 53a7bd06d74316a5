import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { unitText } from '../../src/service/files.ts';
import { scratchFolder } from '../e2e/support/daemon.ts';
import { requiredCommands } from '../e2e/support/requirements.ts';

const skip = requiredCommands('systemd-analyze', 'setpriv');
const MOST_EXPOSED = 1.0;

describe('the unit', { skip }, () => {
  const file = join(scratchFolder(), 'phpstack-ts@ttyS0.service');
  writeFileSync(file, unitText([process.execPath, '/usr/bin/env']));
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });

  test('gives systemd-analyze verify nothing to say', () => {
    const { status, stdout, stderr } = analyze('verify', '--man=no');
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  test(`exposes the system by at most ${MOST_EXPOSED}`, () => {
    const { stdout } = analyze('security', '--offline=true', '--no-pager');
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    assert.ok(Number(exposure) <= MOST_EXPOSED, stdout);
  });
});
