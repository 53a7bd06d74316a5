import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Daemon, runProgram, scratchFolder } from './support/daemon.ts';
import { requiredCommands } from './support/requirements.ts';
import { StackPeer } from './support/stack-peer.ts';
import { TiedProcess } from './support/tied.ts';

const GET = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** The fields `frame.number` of a capture. */
async function framesIn(file: string): Promise<string[]> {
  const tshark = new TiedProcess('tshark', '-r', file, '-T', 'fields', '-e', 'frame.number');
  const { code, stdout } = await tshark.finished();
  assert.equal(code, 0);
  return stdout.split('\n').filter(Boolean);
}

describe('signals', { skip: requiredCommands('tshark') }, () => {
  let peer: StackPeer;
  let folder: string;
  let daemon: Daemon;
  beforeEach(async () => {
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
    folder = scratchFolder();
    for (const site of ['old', 'new']) {
      mkdirSync(join(folder, site));
      writeFileSync(join(folder, site, 'page.txt'), `the ${site} site`);
    }
    settings('PHPSTACK_SITE=old', 'PHPSTACK_ACCESS_LOG=access.log');
    daemon = await Daemon.start(
      peer.port,
      '--state',
      scratchFolder(),
      '--settings',
      join(folder, 'settings'),
    );
  });
  afterEach(async () => {
    await daemon.kill('SIGKILL');
    peer.stop();
  });

  /** Writes the file of settings; values are paths in the folder. */
  const settings = (...lines: string[]) => {
    const text = lines.map((line) => line.replace(/(SITE|LOG)=(\S+)/, `$1="${folder}/$2"`)).join('\n');
    writeFileSync(join(folder, 'settings'), `# of the test\n${text}\n`);
  };
  const accessLog = (name = 'access.log') => readFileSync(join(folder, name), 'latin1');
  const reload = async (message: RegExp) => {
    const told = daemon.logged(message);
    daemon.signal('SIGHUP');
    await told;
  };

  test('SIGUSR1 logs a summary, and lets no debugger in', async () => {
    await peer.page('/page.txt');
    daemon.signal('SIGUSR1');
    await daemon.logged(/"msg":"summary"/);
    const { uptime, lines } = daemon.log.at(-1) as { uptime: number; lines: Record<string, unknown>[] };
    assert.ok(uptime > 0);
    assert.equal(lines[0]!.port, peer.port);
    assert.ok((lines[0]!.sent as number) > 0);
    assert.equal(daemon.stderr, '');
  });

  test('SIGUSR2 begins a capture and ends it, and the next keeps the one before', async () => {
    for (let times = 0; times < 2; times++) {
      daemon.signal('SIGUSR2');
      await daemon.logged(new RegExp(`(?:"msg":"capture begun"[\\s\\S]*){${times + 1}}`));
      await peer.page('/page.txt');
      daemon.signal('SIGUSR2');
      await daemon.logged(new RegExp(`(?:"msg":"capture ended"[\\s\\S]*){${times + 1}}`));
      await peer.page('/page.txt');
    }
    const { capture } = daemon.log.find(({ msg }) => msg === 'capture begun') as { capture: string };
    for (const file of [capture, `${capture}.1`]) {
      const frames = await framesIn(file);
      assert.ok(frames.length >= 4 && frames.length <= 9, `${file}: ${frames.length}`);
    }
  });

  test('SIGHUP takes over the site and the settings, and connections stay', async () => {
    const client = peer.client(GET('/page.txt'));
    await client.hears(/the old site/);
    settings(
      'PHPSTACK_SITE=new',
      'PHPSTACK_ACCESS_LOG=access.log',
      'PHPSTACK_ANONYMIZE=1',
      'PHPSTACK_BAUD=9600',
    );
    await reload(/"changed":\["anonymize","site"\][\s\S]*"waiting":\["baud"\]/);
    client.socket.write(GET('/page.txt'));
    await client.hears(/the new site/);
    assert.deepEqual(client.statuses, [200, 200]);
    const addresses = daemon.log.filter(({ msg }) => msg === 'request').map(({ address }) => address);
    assert.deepEqual(addresses, ['192.168.7.1', '192.168.7.0']);
    client.socket.destroy();
  });

  test('SIGHUP with settings that are wrong leaves all as it was', async () => {
    for (const wrong of ['PHPSTACK_SITE=absent', 'PHPSTACK_GRACE=soon', 'PHPSTACK_LOG_LEVEL=loud']) {
      settings('PHPSTACK_ACCESS_LOG=access.log', wrong);
      const before = daemon.log.length;
      daemon.signal('SIGHUP');
      await daemon.logged(new RegExp(`(?:[^\\n]*\\n){${before}}.*not reloaded`));
      assert.match(await peer.page('/page.txt'), /the old site/);
    }
  });

  test('the access log goes on in a new file when it was renamed, and queries are in none', async () => {
    const client = peer.client(
      'GET /page.txt?password=secret HTTP/1.1\r\nHost: x\r\nReferer: http://me:secret@x/a?token=secret\r\n' +
        'User-Agent: a "b"\r\nCookie: secret\r\n\r\n',
    );
    await client.hears(/the old site/);
    client.socket.destroy();
    await daemon.logged(/"path":"\/page.txt"/);
    renameSync(join(folder, 'access.log'), join(folder, 'access.log.1'));
    await reload(/"msg":"reloaded"/);
    await peer.page('/absent?q=secret');
    await daemon.logged(/"path":"\/absent"/);
    const { stdout } = await daemon.kill('SIGTERM');
    assert.match(
      accessLog('access.log.1'),
      /^192\.168\.7\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET \/page\.txt HTTP\/1\.1" 200 12 "http:\/\/x\/a" "a \\x22b\\x22"\n$/,
    );
    assert.match(accessLog(), /^192\.168\.7\.1 - - .* "GET \/absent HTTP\/1\.1" 404 \d+ "-" "-"\n$/);
    assert.doesNotMatch(stdout, /secret/);
  });
});

describe('what cannot be used at the start is told in one line', () => {
  const cases: [args: string[], complaint: RegExp][] = [
    [
      ['--access-log', '/no/such/file'],
      /^phpstack-ts: the access log cannot be written: .*\/no\/such\/file'\n$/,
    ],
    [['--settings', '/no/such/file'], /^phpstack-ts: the settings cannot be read: .*\/no\/such\/file'\n$/],
    [
      ['--admin', '/no/such/socket'],
      /^phpstack-ts: the admin socket cannot be made \(.*--admin names another place\n$/,
    ],
  ];
  for (const [args, complaint] of cases) {
    test(args[0]!, async (t) => {
      const peer = await StackPeer.start(join(scratchFolder(), 'port'));
      t.after(() => peer.stop());
      const state = scratchFolder();
      const { code, stderr } = await runProgram('--port', peer.port, '--state', state, ...args);
      assert.equal(code, 1);
      assert.match(stderr, complaint);
      assert.equal(existsSync('/no'), false);
    });
  }
});
