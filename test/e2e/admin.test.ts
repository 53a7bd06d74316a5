import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, runProgram, scratchFolder } from './support/daemon.ts';
import { requiredCommands } from './support/requirements.ts';
import { StackPeer } from './support/stack-peer.ts';
import { PATIENCE, TiedProcess } from './support/tied.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/phpstack-ts.js', import.meta.url));

describe('the admin socket', { skip: requiredCommands('curl', 'promtool', 'script') }, () => {
  const admin = join(scratchFolder(), 'admin.sock');
  let peer: StackPeer;
  let daemon: Daemon;
  before(async () => {
    peer = await StackPeer.start(join(scratchFolder(), 'port'));
    daemon = await Daemon.start(peer.port, '--state', scratchFolder(), '--admin', admin);
    await peer.page('/');
  });
  after(async () => {
    await daemon.kill('SIGKILL');
    peer.stop();
  });

  const curl = (path: string) =>
    new TiedProcess('curl', '-sS', '--unix-socket', admin, `http://x${path}`).finished();

  test('answers curl with metrics that promtool likes', async () => {
    const { stdout } = await curl('/metrics');
    assert.match(stdout, /^phpstack_visitors_total 1$/m);
    assert.match(stdout, /^phpstack_http_answer_seconds_count\{port="unix:[^"]+"\} 1$/m);
    assert.match(stdout, /^phpstack_tcp_round_trip_seconds_count\{port="unix:[^"]+"\} [1-9]/m);
    const promtool = new TiedProcess('promtool', 'check', 'metrics');
    promtool.child.stdin.end(stdout);
    assert.deepEqual(await promtool.finished(PATIENCE), { code: 0, stdout: '', stderr: '' });
  });

  test('is what `phpstack-ts status` draws and prints', async () => {
    const { code, stdout } = await runProgram('status', '--admin', admin);
    assert.equal(code, 0);
    assert.match(stdout, /^phpstack-ts [\d.]+, up \d+ seconds?, 1 visitor\n/);
    assert.match(stdout, /, open: 192\.168\.7\.2 to 192\.168\.7\.1, 115200 bps, /);
    const json = JSON.parse((await runProgram('status', '--admin', admin, '--json')).stdout);
    assert.deepEqual([json.schema, json.visitors, json.lines[0].port], [1, 1, peer.port]);
  });

  test('is drawn anew on a terminal, until q is pressed', async () => {
    const watch = `${process.execPath} ${PROGRAM} status --watch --admin ${admin}; echo status $?; stty -a`;
    const terminal = new TiedProcess('env', 'TERM=xterm', 'script', '-qfc', watch, '/dev/null');
    await terminal.wrote('stdout', /, 1 visitor\b/);
    await peer.page('/');
    await terminal.wrote('stdout', /, 2 visitors/);
    terminal.child.stdin.write('q');
    const { stdout } = await terminal.finished(PATIENCE);
    assert.match(stdout, /\[\?25h.\[\?1049l[\s\S]*status 0\b[\s\S]* icanon [\s\S]* echo /);
  });

  test('is not taken from a process that serves: one line, exit status 1', async () => {
    const other = await StackPeer.start(join(scratchFolder(), 'port'));
    const { code, stderr } = await runProgram(
      ...['--port', other.port, '--state', scratchFolder(), '--admin', admin],
    );
    other.stop();
    assert.equal(code, 1);
    assert.equal(stderr, `phpstack-ts: another process answers at the admin socket ${admin}\n`);
  });

  test('is gone after the end; a status is then one line on stderr, and exit status 1', async () => {
    await daemon.kill('SIGTERM');
    assert.equal(existsSync(admin), false);
    const { code, stderr } = await runProgram('status', '--admin', admin);
    assert.equal(code, 1);
    assert.match(stderr, /^phpstack-ts: no server answers at \/\S+: .*\n$/);
  });
});

test('under systemd the admin socket is in the folder of the service', async (t) => {
  const folder = scratchFolder();
  const peer = await StackPeer.start(join(scratchFolder(), 'port'));
  const daemon = await Daemon.startBy(
    ['env', `RUNTIME_DIRECTORY=${folder}`],
    ...[peer.port, '--state', scratchFolder()],
  );
  t.after(async () => {
    await daemon.kill('SIGKILL');
    peer.stop();
  });
  assert.ok(existsSync(join(folder, 'admin.sock')));
});
