import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from '../e2e/support/daemon.ts';
import { requiredCommands, requirements, unlessInCi } from '../e2e/support/requirements.ts';
import { debianMissing, inDebian } from './debian.ts';

const BUILD = fileURLToPath(new URL('../../packaging/build-deb.sh', import.meta.url));
const skip =
  requirements() || requiredCommands('dpkg-deb', 'mmdebstrap', 'npm') || unlessInCi(await debianMissing());

const INSTALL = 'dpkg --install /mnt/*.deb >/dev/null';
/** Every file, but what dpkg and the manual's index note for themselves. */
const FILES =
  'find / -xdev -path /mnt -prune -o -path /var/lib/dpkg -prune -o -path /var/log -prune -o -path /var/cache -prune -o -print';

describe('the Debian package', { skip }, () => {
  const folder = scratchFolder();
  before(() => {
    execFileSync(BUILD, [folder], { stdio: 'pipe' });
  });

  test('gives a command that runs, with its manual', async () => {
    const script = `${INSTALL}; phpstack-ts --version; man --where phpstack-ts; phpstack-ts --port /dev/none 2>&1 || echo "status $?"`;
    const [version, manual, refusal, status] = (await inDebian(folder, script)).split('\n');
    assert.match(version!, /^\d+\.\d+\.\d+$/);
    assert.equal(manual, '/usr/share/man/man1/phpstack-ts.1.gz');
    assert.match(refusal!, /^phpstack-ts: .*\/dev\/none/);
    assert.equal(status, 'status 1');
  });

  test('has a unit to which systemd-analyze verify has nothing to say', async () => {
    const script = `${INSTALL}; systemd-analyze verify phpstack-ts@ttyS0.service 2>&1; echo verified`;
    assert.equal(await inDebian(folder, script), 'verified\n');
  });

  test('lets the service be installed by its own unit', async () => {
    const script = `${INSTALL}; phpstack-ts service install --port /dev/ttyUSB0 --dry-run`;
    assert.doesNotMatch(await inDebian(folder, script), /write/);
  });

  test('leaves nothing behind when it is purged, not even settings and an instance enabled', async () => {
    const script = `
      ${FILES} | sort > /mnt/before
      ${INSTALL}
      systemctl enable phpstack-ts@ttyS0.service 2>/dev/null
      mkdir /etc/phpstack-ts && echo PHPSTACK_BAUD=9600 > /etc/phpstack-ts/ttyS0.env
      mkdir -p /var/lib/private/phpstack-ts/ttyS0 && ln -s private/phpstack-ts /var/lib/phpstack-ts
      test -e /usr/share/bash-completion/completions/phpstack-ts
      dpkg --remove phpstack-ts >/dev/null 2>&1
      test -e /etc/phpstack-ts/ttyS0.env
      test -d /var/lib/private/phpstack-ts/ttyS0
      dpkg --purge phpstack-ts >/dev/null 2>&1
      ${FILES} | sort > /mnt/after
      diff /mnt/before /mnt/after`;
    const difference = await inDebian(folder, script).catch(({ stdout }) => stdout);
    assert.equal(difference, '');
  });
});
