import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProgramElsewhere, scratchFolder } from './support/daemon.ts';
import { requiredCommands } from './support/requirements.ts';

const skip = requiredCommands('systemctl', 'systemd-escape', 'setpriv', 'unshare');

const UNIT = 'etc/systemd/system/phpstack-ts@.service';
const USB_SETTINGS = 'etc/phpstack-ts/ttyUSB0.env';
const USB_WANT = 'etc/systemd/system/dev-ttyUSB0.device.wants/phpstack-ts@ttyUSB0.service';

/** Every file and link below a folder. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}

async function service(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgramElsewhere('service', command, ...args);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgramElsewhere('service', ...args);
  assert.deepEqual([code, stdout, stderr.trimEnd().split('\n').length], [1, '', 1], stderr);
  return stderr;
}

describe('phpstack-ts service', { skip }, () => {
  test('install writes what starts the service with its device, and names every file', async () => {
    const root = scratchFolder();
    const args = [
      '--port',
      '/dev/ttyUSB0',
      '--root',
      root,
      '--baud',
      '9600',
      '--no-hupcl',
      '--capture',
      'a "b',
    ];
    const said = await service('install', ...args);
    assert.deepEqual(filesIn(root), [USB_SETTINGS, USB_WANT, UNIT].sort());
    for (const file of filesIn(root)) assert.match(said, new RegExp(file.replaceAll('.', '\\.')));
    assert.equal(
      readFileSync(join(root, USB_SETTINGS), 'utf8'),
      'PHPSTACK_BAUD=9600\nPHPSTACK_NO_HUPCL=1\nPHPSTACK_CAPTURE="a \\"b"\n',
    );
    assert.match(
      readFileSync(join(root, UNIT), 'utf8'),
      /^ExecStart=\S*\/node \S*\/bin\/phpstack-ts\.js --port \/dev\/%I$/m,
    );
  });

  test('uninstall leaves nothing behind but what another device needs', async () => {
    const root = scratchFolder();
    await service('install', '--port', '/dev/ttyUSB0', '--root', root, '--baud', '9600');
    await service('install', '--port', '/dev/ttyS1', '--root', root);
    const said = await service('uninstall', '--port', '/dev/ttyUSB0', '--root', root);
    assert.match(said, new RegExp(USB_WANT));
    assert.match(said, new RegExp(USB_SETTINGS));
    const other = 'etc/systemd/system/dev-ttyS1.device.wants/phpstack-ts@ttyS1.service';
    assert.deepEqual(filesIn(root), [other, UNIT]);
    await service('uninstall', '--port', '/dev/ttyS1', '--root', root);
    assert.deepEqual(filesIn(root), []);
    assert.deepEqual(readdirSync(join(root, 'etc')), ['systemd']);
  });

  test('--dry-run says the same, and does nothing', async () => {
    const root = scratchFolder();
    const args = ['--port', '/dev/ttyUSB0', '--root', root, '--baud', '9600'];
    const would = await service('install', ...args, '--dry-run');
    assert.deepEqual(filesIn(root), []);
    const said = await service('install', ...args);
    assert.equal(would.replaceAll(/^would /gm, ''), said);
    await service('uninstall', '--port', '/dev/ttyUSB0', '--root', root, '--dry-run');
    assert.equal(filesIn(root).length, 3);
  });

  test("install keeps what is as it should be, and a package's own unit", async () => {
    const root = scratchFolder();
    const args = ['--port', '/dev/ttyUSB0', '--root', root];
    await service('install', ...args);
    assert.match(await service('install', ...args), /^keep \S+phpstack-ts@\.service, /m);
    const packaged = scratchFolder();
    mkdirSync(join(packaged, 'usr/lib/systemd/system'), { recursive: true });
    writeFileSync(
      join(packaged, 'usr/lib/systemd/system/phpstack-ts@.service'),
      readFileSync(join(root, UNIT)),
    );
    await service('install', '--port', '/dev/ttyUSB0', '--root', packaged);
    assert.deepEqual(filesIn(join(packaged, 'etc')), [USB_WANT.replace('etc/', '')]);
  });

  test('print shows what install would write', async () => {
    const root = scratchFolder();
    const args = ['--port', '/dev/ttyUSB0', '--baud', '9600'];
    const printed = await service('print', ...args);
    await service('install', ...args, '--root', root);
    const files = [UNIT, USB_SETTINGS].map(
      (file) => `# /${file}\n${readFileSync(join(root, file), 'utf8')}\n`,
    );
    assert.equal(printed, files.join(''));
  });

  test('names units as systemd does', async () => {
    for (const path of ['ttyS0', 'serial/by-id/usb-Prolific_@2:0-port0', '.hidden', 'tty\u00fc x']) {
      const root = scratchFolder();
      await service('install', '--port', `/dev/${path}`, '--root', root);
      const name = execFileSync('systemd-escape', [path], { encoding: 'utf8' }).trimEnd();
      assert.ok(
        filesIn(root).some((file) => file.endsWith(`/phpstack-ts@${name}.service`)),
        filesIn(root).join(' '),
      );
    }
  });

  test('refuses, in one line, what could not work', async () => {
    const root = scratchFolder();
    const target = ['--port', '/dev/ttyUSB0', '--root', root];
    const refused: [string[], RegExp][] = [
      [['install', '--root', root, '--port', 'tcp:localhost:7000'], /below \/dev/],
      [['install', '--root', root, '--port', '/dev/ttyUSB0,baud=9600'], /below \/dev/],
      [['install', '--root', root, '--port', '/dev/fd'], /\/dev\/fd is not a serial device/],
      [['install', ...target, '--state', '/srv'], /--state/],
      [['install', ...target, '--capture', '/srv/capture'], /\/srv\/capture/],
      [['install', ...target, '--site', '/home/me/pages'], /\/home\/me\/pages is hidden/],
      [['install', ...target, '--site', '/no/such/site'], /\/no\/such\/site does not exist/],
      [['uninstall', ...target], /phpstack-ts@ttyUSB0\.service is not installed/],
    ];
    for (const [args, reason] of refused) assert.match(await refusal(...args), reason);
    assert.deepEqual(filesIn(root), []);
    writeFileSync(join(root, 'etc'), 'no folder');
    const { code, stderr } = await runProgramElsewhere('service', 'install', ...target);
    assert.deepEqual([code, stderr.trimEnd().split('\n').length], [1, 1], stderr);
  });
});
