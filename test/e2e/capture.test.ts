import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runProgram, scratchFolder } from './support/daemon.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER, startServing } from './support/serving.ts';
import { TiedProcess } from './support/tied.ts';

const skip = requirements();

describe('--capture', { skip }, () => {
  test('writes what tshark reads, with the reasons of refusals', async (t) => {
    const file = join(scratchFolder(), 'line.pcapng');
    const serving = await startServing({}, '--capture', file);
    t.after(() => serving.stop());
    const { stdout: page } = await serving.peer.exec('curl', '-s', FRONT_PAGE);
    assert.match(page, /visitor/i);
    await serving.peer.exec('curl', '-s', `http://${SERVER}:81/`);
    await serving.daemon.kill('SIGTERM');
    const read = [
      '-r',
      file,
      '-T',
      'fields',
      '-e',
      'tcp.flags.str',
      '-e',
      'http.request.uri',
      '-e',
      'frame.comment',
    ];
    const { code, stdout } = await new TiedProcess('tshark', ...read).finished();
    assert.equal(code, 0);
    assert.match(stdout, /\t\/\t/);
    assert.match(stdout, /S·*\t\tdropped: tcp-port-closed/);
  });

  test('that cannot be written is told in one line', async () => {
    const { code, stdout, stderr } = await runProgram(
      '--port',
      '/dev/ptmx',
      '--capture',
      '/no/such/folder/file',
    );
    assert.equal(code, 1);
    assert.equal((stdout + stderr).trimEnd().split('\n').length, 1);
    assert.match(stderr, /\/no\/such\/folder\/file/);
  });
});
