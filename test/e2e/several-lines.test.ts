import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Daemon, runProgram, scratchFolder } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requirements();

describe('--port, repeated', { skip }, () => {
  test('serves one site, with one counter, on lines of their own addresses and speeds', async (t) => {
    const first = await KernelPeer.start();
    const second = await KernelPeer.start({ address: '10.0.0.1', peer: '10.0.0.2', mtu: 296 });
    const file = join(scratchFolder(), 'both.pcapng');
    const settings = `${second.port},address=10.0.0.2,peer=10.0.0.1,baud=9600`;
    const daemon = await Daemon.start(
      first.port,
      ...['--port', settings, '--state', scratchFolder(), '--capture', file],
    );
    t.after(async () => {
      await daemon.kill('SIGKILL');
      await Promise.all([first.stop(), second.stop()]);
    });

    const [one, other] = ['http://192.168.7.2/', 'http://10.0.0.2/'];
    assert.equal(visitorNumber(await first.curl(one)), 1);
    const page = await second.curl(other);
    assert.equal(visitorNumber(page), 2);
    assert.match(page, /\b10\.0\.0\.1\b/);
    assert.equal(visitorNumber(await first.curl(one)), 3);

    // Each line's status is shown to those who come by it.
    assert.match(await first.curl(`${one}status`), /192\.168\.7\.2, 115200 bps, MTU 1500\b/);
    assert.match(await second.curl(`${other}status`), /10\.0\.0\.2, 9600 bps, MTU 296\b/);

    const { code } = await daemon.kill('SIGTERM');
    assert.equal(code, 0);
    const fields = ['frame.interface_name', 'ip.src'].flatMap((field) => ['-e', field]);
    const tshark = new TiedProcess('tshark', '-r', file, '-Y', 'http.response', '-T', 'fields', ...fields);
    const { stdout } = await tshark.finished();
    assert.deepEqual(
      new Set(stdout.trimEnd().split('\n')),
      new Set([`${first.port}\t192.168.7.2`, `${second.port}\t10.0.0.2`]),
    );
  });

  test('reads several from the environment', async () => {
    const listed = 'unix:/no/such,baud=1200;unix:/nor/this';
    const { code, stderr } = await new TiedProcess(
      'env',
      `PHPSTACK_PORT=${listed}`,
      process.execPath,
      'bin/phpstack-ts.js',
    ).finished();
    assert.equal(code, 1);
    assert.match(stderr, /^phpstack-ts: port unix:\/no\/such\b.*\n$/);
  });

  for (const [port, complaint] of [
    ['/dev/null,baud=x', /baud=x: It must be a whole number/],
    ['/dev/null,speed=9600', /speed is none of address, peer, baud, mtu, framing, flow-control/],
    [',baud=9600', /must begin with a path/],
    ['/dev/null;/dev/null', /\/dev\/null is there twice/],
  ] as const) {
    test(`refuses ${port} as wrong usage`, async () => {
      const { code, stderr } = await runProgram('--port', port);
      assert.equal(code, 2);
      assert.match(stderr, complaint);
    });
  }
});
