import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requiredCommands, requirements } from './support/requirements.ts';
import { StackPeer } from './support/stack-peer.ts';
import { TiedProcess } from './support/tied.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/phpstack-ts.js', import.meta.url));
const skip = requirements() || requiredCommands('mkfs.ext4', 'faketime');

describe('what happens in years', { skip }, () => {
  let peer: StackPeer;
  beforeEach(async () => {
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
  });
  afterEach(() => peer.stop());

  test('a file system that turns read-only, as after a disk error: nothing shown is lost, and it is said once', async () => {
    const [image, state] = [join(scratchFolder(), 'image'), scratchFolder()];
    writeFileSync(image, Buffer.alloc(4_000_000));
    await new TiedProcess('mkfs.ext4', '-q', image).finished();
    const mountThenRun = `mount -o loop ${image} ${state} && exec "$0" "$@"`;
    const start = (port: string) =>
      Daemon.startBy(['unshare', '--mount', 'sh', '-c', mountThenRun], port, '--state', state);
    const daemon = await start(peer.port);
    assert.equal(visitorNumber(await peer.page('/')), 1);
    assert.equal((await daemon.exec('mount', '-o', 'remount,abort', state)).code, 0);
    for (let times = 0; times < 3; times++) {
      const page = await peer.page('/');
      assert.throws(() => visitorNumber(page), /no visitor number/);
    }
    const { code, stdout } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    assert.equal(stdout.match(/visitor counter cannot be written/g)?.length, 1);
    assert.match(stdout, /EROFS/);

    peer.stop();
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
    const next = await start(peer.port);
    assert.ok(visitorNumber(await peer.page('/')) > 1);
    await next.kill('SIGKILL');
  });

  test('a stdout on a full disk: pages are served as before', async () => {
    const run = [process.execPath, PROGRAM, '--port', peer.port, '--state', scratchFolder()];
    const daemon = new TiedProcess('sh', '-c', 'exec "$0" "$@" > /dev/full', ...run);
    assert.equal(visitorNumber(await peer.page('/')), 1);
    assert.equal(visitorNumber(await peer.page('/')), 2);
    const { code, stderr } = await daemon.kill('SIGTERM');
    assert.deepEqual([code, stderr], [0, '']);
  });

  test('a clock that is set, past 2038, back to 1970, past 2106: connections, numbers and logs go on', async () => {
    const [state, folder] = [scratchFolder(), scratchFolder()];
    const clock = join(folder, 'clock');
    const setClock = (time: string) => {
      writeFileSync(`${clock}.new`, `@${time}\n`);
      renameSync(`${clock}.new`, clock);
    };
    const faked = [
      'TZ=UTC',
      'LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1',
      `FAKETIME_TIMESTAMP_FILE=${clock}`,
      'FAKETIME_NO_CACHE=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
    setClock('2038-01-19 03:14:00');
    const [accessLog, capture] = [join(folder, 'access.log'), join(folder, 'line.pcapng')];
    const daemon = await Daemon.startBy(
      ['env', ...faked],
      ...[peer.port, '--state', state, '--access-log', accessLog, '--capture', capture],
    );
    const client = peer.client('');
    const visit = async (number: number) => {
      client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await client.hears(new RegExp(`(?:HTTP/1\\.1 200[\\s\\S]*){${number}}`));
      await daemon.logged(new RegExp(`"visitor":${number},`));
    };
    await visit(1);
    for (const [i, time] of ['2038-01-19 03:14:09', '1970-01-01 00:00:09', '2106-02-07 06:28:20'].entries()) {
      setClock(time);
      await visit(i + 2);
    }
    client.socket.destroy();
    const { code } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    assert.deepEqual(
      daemon.log.filter(({ level }) => Number(level) > 30),
      [],
    );
    const years = ['2038', '2038', '1970', '2106'];
    const logged = daemon.log.filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      logged.map(({ time }) => new Date(Number(time)).toISOString().slice(0, 4)),
      years,
    );
    assert.deepEqual(
      Array.from(readFileSync(accessLog, 'utf8').matchAll(/\/(\d{4}):/g), ([, year]) => year),
      years,
    );
    const tshark = new TiedProcess(
      'tshark',
      '-r',
      capture,
      '-Y',
      'http.request',
      '-T',
      'fields',
      '-e',
      'frame.time_epoch',
    );
    const stamps = (await tshark.finished()).stdout.trimEnd().split('\n');
    assert.deepEqual(
      stamps.map((stamp) => new Date(Number(stamp) * 1000).toISOString().slice(0, 4)),
      years,
    );

    peer.stop();
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
    const next = await Daemon.start(peer.port, '--state', state);
    assert.equal(visitorNumber(await peer.page('/')), 5);
    await next.kill('SIGKILL');
  });
});
