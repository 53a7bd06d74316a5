import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { checkSpeed } from '../../src/doctor/port-checks.ts';
import { noSocat, PtyPair } from '../support/pty-pair.ts';

test('a port that runs at another speed than it was asked for is told of', { skip: noSocat }, async (t) => {
  const ptys = new PtyPair();
  await ptys.plug();
  t.after(() => ptys.remove());
  const flag = process.platform === 'linux' ? '-F' : '-f';
  assert.equal(spawnSync('stty', [flag, ptys.a, '9600']).status, 0);
  assert.deepEqual(await checkSpeed(ptys.a, 9600), { ok: true, text: 'it runs at 9600 bps' });
  assert.deepEqual(await checkSpeed(ptys.a, 115_200), {
    ok: false,
    text: 'it runs at 9600 bps, not at 115200: the driver does not have that speed',
  });
  assert.deepEqual(await checkSpeed('/dev/null', 9600), { ok: true, text: 'its speed is not known' });
});
