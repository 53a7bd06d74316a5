import assert from 'node:assert/strict';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, runProgram, scratchFolder, startProgram } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { requirements } from './support/requirements.ts';
import { PATIENCE, TiedProcess } from './support/tied.ts';

const skip = requirements();
const FAR_END = fileURLToPath(new URL('support/far_end.py', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../bin/phpstack-ts.js', import.meta.url));
/** Debian's group of those who may use serial ports. */
const DIALOUT = 20;

type FarEnd = 'silent' | 'loopback' | 'login' | 'noise' | 'damaged' | 'compressed';

/** A pty with something else than a sound SLIP peer at its other end. @returns the pty's path */
async function ptyTo(t: TestContext, what: FarEnd): Promise<string> {
  return (await farEnd(t, what)).path;
}

/** The same, and the process that has the other end. */
async function farEnd(t: TestContext, what: FarEnd): Promise<{ path: string; process: TiedProcess }> {
  const process = new TiedProcess('python3', FAR_END, what);
  t.after(() => process.kill('SIGKILL'));
  const [, path] = await process.wrote('stdout', /^(\S+)\n/);
  return { path: path!, process };
}

describe('phpstack-ts doctor', { skip }, () => {
  const doctor = async (...args: string[]) => {
    const { code, stdout, stderr } = await runProgram('doctor', ...args);
    return { code, stdout, stderr };
  };

  test('finds all well where the kernel answers, and exits 0', async (t) => {
    const peer = await KernelPeer.start();
    t.after(() => peer.stop());
    const { code, stdout } = await doctor('--port', peer.port);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {4}192\.168\.7\.1 answers 3 of 3 pings/m);
    assert.match(stdout, /^ok {4}it runs at 115200 bps$/m);
    assert.match(stdout, /\nAll is well\.\n$/);
  });

  test('finds a line dead', async (t) => {
    const { code, stdout } = await doctor('--port', await ptyTo(t, 'silent'));
    assert.equal(code, 1);
    assert.match(stdout, /First of all: not a byte has arrived yet.*TX and RX/);
  });

  test('ends where the port goes meanwhile', async (t) => {
    const { path, process } = await farEnd(t, 'silent');
    const run = startProgram('doctor', '--port', path);
    await run.wrote('stdout', /^ok {4}it runs at/m);
    await process.kill('SIGKILL');
    const { code, stdout } = await run.finished(PATIENCE);
    assert.equal(code, 1);
    assert.match(stdout, /First of all: the port went away: \w/);
  });

  test('does not wait for what is not there', async () => {
    const { code, stdout } = await doctor('--port', 'unix:/no/such', '--wait');
    assert.equal(code, 1);
    assert.match(stdout, /^FAIL {2}port unix:\/no\/such does not exist$/m);
  });

  test('finds a loopback plug', async (t) => {
    const { code, stdout } = await doctor('--port', await ptyTo(t, 'loopback'));
    assert.equal(code, 1);
    assert.match(stdout, /First of all: what is sent comes back: there is a loopback plug/);
  });

  test('finds a login prompt', async (t) => {
    const { code, stdout } = await doctor('--port', await ptyTo(t, 'login'));
    assert.equal(code, 1);
    assert.match(stdout, /First of all: bytes arrive, but no frames.*getty/);
  });

  test('finds datagrams damaged', async (t) => {
    const { code, stdout } = await doctor('--port', await ptyTo(t, 'damaged'));
    assert.equal(code, 1);
    assert.match(stdout, /First of all: datagrams arrive damaged: noise.*flow control/);
  });

  test('finds compressed headers where --framing slip forbids them', async (t) => {
    const { code, stdout } = await doctor('--framing', 'slip', '--port', await ptyTo(t, 'compressed'));
    assert.equal(code, 1);
    assert.match(stdout, /First of all: the other end compresses headers.*--framing auto/);
  });

  test('finds a peer at another address than --peer', async (t) => {
    const peer = await KernelPeer.start({ address: '192.168.7.5' });
    const pings = peer.spawn('ping', '-i', '0.2', '192.168.7.2');
    t.after(async () => {
      await pings.kill('SIGKILL');
      await peer.stop();
    });
    const { code, stdout } = await doctor('--port', peer.port);
    assert.equal(code, 1);
    assert.match(stdout, /^FAIL {2}datagrams come from 192\.168\.7\.5, none from 192\.168\.7\.1/m);
  });

  for (const [command, cure] of [
    ['agetty', /systemctl stop serial-getty@pts\/\d+/],
    ['ModemManager', /systemctl stop ModemManager/],
    ['minicom', /end it \(kill \d+\)/],
  ] as const) {
    test(`names who else has the port open, such as ${command}, and the cure`, async (t) => {
      const port = await ptyTo(t, 'silent');
      const program = join(scratchFolder(), command);
      writeFileSync(program, '#!/bin/sh\nexec < "$1"\necho open\nread line\n', { mode: 0o755 });
      const holder = new TiedProcess(program, port);
      t.after(() => holder.kill('SIGKILL'));
      await holder.wrote('stdout', /open/);
      const { code, stdout } = await doctor('--port', port);
      assert.equal(code, 1);
      const [line] = stdout.match(/^FAIL.* has it open: .*$/m) ?? [];
      assert.ok(line?.startsWith(`FAIL  ${command} (process `), stdout);
      assert.match(line!, cure);
    });
  }

  test('finds that this user may not open the port, and names the group that may', async (t) => {
    const port = await ptyTo(t, 'silent');
    chmodSync(port, 0o620);
    chownSync(port, 0, DIALOUT);
    const command = [process.execPath, PROGRAM, 'doctor', '--port', port];
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const { code, stdout } = await new TiedProcess('setpriv', ...user, ...command).finished();
    assert.equal(code, 1);
    assert.match(stdout, /^FAIL .*may not be opened by this user.*dialout/m);
  });

  test('stops at a port that is none, or is not there, with status 1', async () => {
    for (const [port, text] of [
      ['/dev/no-such-port', /does not exist/],
      [scratchFolder(), /is not a serial port/],
      ['/dev/null', /is not a serial port/],
    ] as const) {
      const { code, stdout, stderr } = await doctor('--port', port);
      assert.deepEqual([code, stderr], [1, '']);
      assert.match(stdout, text);
    }
  });
});

describe('the daemon, on a line where something is the matter', { skip }, () => {
  /** What the daemon's log has under this name, once it has it. */
  const finding = async (daemon: Daemon, name: string, patience?: number) => {
    await daemon.logged(new RegExp(`"finding":"${name}".*\n`), patience);
    return daemon.log.filter((line) => line.finding === name);
  };

  for (const what of ['login', 'noise'] as const) {
    test(`finds garbage where the other end is ${what}, and says so once`, async (t) => {
      const daemon = await Daemon.start(await ptyTo(t, what), '--state', scratchFolder());
      t.after(() => daemon.kill('SIGKILL'));
      assert.equal((await finding(daemon, 'garbage')).length, 1);
    });
  }

  for (const [what, name, ...args] of [
    ['damaged', 'noise'],
    ['compressed', 'compressed', '--framing', 'slip'],
  ] as const) {
    test(`finds ${name} where what comes is ${what}, and says so once`, async (t) => {
      const daemon = await Daemon.start(await ptyTo(t, what), '--state', scratchFolder(), ...args);
      t.after(() => daemon.kill('SIGKILL'));
      assert.equal((await finding(daemon, name)).length, 1);
    });
  }

  test('finds noise where the kernel sends and bits flip', async (t) => {
    const peer = await KernelPeer.start({ bitErrorRate: 1e-4 });
    const daemon = await Daemon.start(peer.port, '--state', scratchFolder());
    t.after(() => daemon.kill('SIGKILL').then(() => peer.stop()));
    await peer.exec('ping', '-c', '50', '-i', '0.02', '-s', '1000', '-W', '1', '192.168.7.2');
    assert.equal((await finding(daemon, 'noise')).length, 1);
  });

  test('finds silence after half a minute of it', async (t) => {
    const daemon = await Daemon.start(await ptyTo(t, 'silent'), '--state', scratchFolder());
    t.after(() => daemon.kill('SIGKILL'));
    assert.equal((await finding(daemon, 'silence', 45_000)).length, 1);
  });

  test('finds that the kernel takes no notice of compressed headers with --framing cslip', async (t) => {
    const peer = await KernelPeer.start();
    const daemon = await Daemon.start(peer.port, '--state', scratchFolder(), '--framing', 'cslip');
    t.after(() => daemon.kill('SIGKILL').then(() => peer.stop()));
    assert.equal((await peer.exec('ping', '-c', '1', '192.168.7.2')).code, 0);
    const curl = peer.spawn('curl', '-s', 'http://192.168.7.2/');
    t.after(() => curl.kill('SIGKILL'));
    const [line] = await finding(daemon, 'unheeded');
    assert.match(String(line?.msg), /pings work and pages do not: use --framing auto/);
  });

  test('finds the kernel at another address, and the kernel asking for another one', async (t) => {
    for (const [name, options, target] of [
      ['stranger', { address: '192.168.7.5' }, '192.168.7.2'],
      ['wanted', { peer: '192.168.7.9' }, '192.168.7.9'],
    ] as const) {
      const peer = await KernelPeer.start(options);
      const daemon = await Daemon.start(peer.port, '--state', scratchFolder());
      t.after(() => daemon.kill('SIGKILL').then(() => peer.stop()));
      await peer.exec('ping', '-c', '1', '-W', '1', target);
      assert.equal((await finding(daemon, name)).length, 1);
    }
  });
});
