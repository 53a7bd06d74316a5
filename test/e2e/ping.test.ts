import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noSocat, PtyPair } from '../support/pty-pair.ts';
import { runProgram, startProgram } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { requirements } from './support/requirements.ts';

const skip = requirements();

describe('phpstack-ts ping, to the Linux kernel', { skip }, () => {
  let peer: KernelPeer;
  before(async () => {
    peer = await KernelPeer.start({ address: '192.168.7.2', peer: '192.168.7.1' });
  });
  after(() => peer.stop());

  /** What is numbers of one run only is replaced by N. */
  const withoutTimes = (text: string) => text.replaceAll(/(time=?\s?|[= /])[\d.]+(?=\/| ?ms)/g, '$1N');

  test('prints what ping(8) prints, and exits 0', async () => {
    const args = ['-c', '3', '-i', '0.2', '-s', '100'];
    const ours = await runProgram('ping', '192.168.7.2', '--port', peer.port, '--baud', '0', ...args);
    const theirs = await peer.exec('ping', '-n', '127.0.0.1', ...args);
    assert.equal(ours.code, 0, ours.stderr);
    assert.equal(
      withoutTimes(ours.stdout),
      withoutTimes(theirs.stdout).replaceAll('127.0.0.1', '192.168.7.2'),
    );
  });

  test('exits 1 where nobody answers', async () => {
    const { code, stdout } = await runProgram(
      'ping',
      '192.168.7.9',
      '--port',
      peer.port,
      '-c',
      '1',
      '-W',
      '0.2',
    );
    assert.equal(code, 1);
    assert.match(stdout, /1 packets transmitted, 0 received, 100% packet loss/);
  });

  test('prints its statistics on Ctrl-C', async () => {
    const run = startProgram('ping', '192.168.7.2', '--port', peer.port);
    await run.wrote('stdout', /icmp_seq=1 /);
    const { code, stdout } = await run.kill('SIGINT');
    assert.equal(code, 0);
    assert.match(stdout, /--- 192\.168\.7\.2 ping statistics ---\n\d+ packets transmitted, \d+ received/);
  });

  for (const [what, args] of [
    ['a port that does not exist', ['192.168.7.2', '--port', '/dev/no-such-port']],
    ['no port', ['192.168.7.2']],
    ['what is no address', ['far.example', '--port', '/dev/null']],
    ['an interval that is no time', ['192.168.7.2', '--port', '/dev/null', '-i', 'soon']],
  ] as const) {
    test(`exits 2 for ${what}`, async () => {
      const { code, stderr } = await runProgram('ping', ...args);
      assert.equal(code, 2);
      assert.notEqual(stderr, '');
    });
  }
});

test('a port that is waited for, and one that goes, is told on stderr', {
  skip: skip || noSocat,
}, async (t) => {
  const ptys = new PtyPair();
  t.after(() => ptys.remove());
  const run = startProgram('ping', '192.168.7.2', '--port', ptys.a, '--wait');
  await run.wrote('stderr', /^phpstack-ts: waiting for the port\n/);
  await ptys.plug();
  await run.wrote('stderr', /\nphpstack-ts: port opened\n/);
  await ptys.unplug();
  await run.wrote('stderr', /\nphpstack-ts: port lost; reopening it as soon as it is back: .+\n/);
  const { code, stdout } = await run.kill('SIGINT');
  assert.equal(code, 1);
  assert.doesNotMatch(stdout, /port/);
});
