import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Stack } from '../../src/ip/stack.ts';
import { captureLine } from '../../src/line/capture.ts';
import { openSerialLine } from '../../src/line/serial.ts';
import { connect } from '../../src/node/connect.ts';
import { drive } from '../../src/node/drive.ts';
import { listen } from '../../src/node/listen.ts';
import { Joined } from '../support/joined.ts';
import { noSocat, PtyPair } from '../support/pty-pair.ts';
import { folder } from '../support/web.ts';
import { A, B } from '../support/wire.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));

/** Starts a program of the examples; it is ended with the test. */
function start(t: TestContext, ...args: string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const stdio = ['ignore', 'pipe', 'inherit'] as const;
  const program = spawn(process.execPath, args, { cwd: examples, env, stdio: [...stdio] });
  t.after(() => program.kill('SIGKILL'));
  return { program, stdout: program.stdout! };
}

/** All that a program says until it ends, with status 0. */
async function run(t: TestContext, ...args: string[]): Promise<string> {
  const { program, stdout } = start(t, ...args);
  const [said, [status]] = await Promise.all([text(stdout), once(program, 'close')]);
  assert.equal(status, 0, said);
  return said;
}

describe('the examples of the library', () => {
  test('echo: what comes over a pty goes back', { skip: noSocat }, async (t) => {
    const ptys = new PtyPair();
    await ptys.plug();
    const { program, stdout } = start(t, 'echo/main.js', ptys.a);
    const [said] = await once(stdout, 'data');
    assert.match(String(said), /^echoing on 192\.168\.7\.2 port 7/);
    const line = await openSerialLine({ path: ptys.b });
    const stack = new Stack({ address: A });
    const driver = drive(stack, line);
    const sent = 'a line and another\n'.repeat(1000);
    const socket = connect(stack, { address: B, port: 7 });
    socket.end(sent);
    assert.equal(await text(socket), sent);
    driver.stop();
    await line.close();
    program.kill('SIGKILL');
    await once(program, 'exit');
    await ptys.remove();
  });

  test('two stacks: an echo and the whole close take no time', async (t) => {
    const said = await run(t, 'two-stacks/main.js');
    assert.match(said, /^192\.168\.7\.1: SYN, 0 octets\n192\.168\.7\.2: SYN ACK, 0 octets\n/);
    assert.match(said, /^echoed: hello$/m);
    assert.match(said, /all is over after 60 s\n$/);
  });

  test('replay: visitors of a capture are answered anew', async (t) => {
    const said = await run(t, 'replay/main.js', await captureOfVisits());
    assert.equal(said.match(/^GET \/page-\d$/gm)?.join(' '), 'GET /page-1 GET /page-2');
    assert.match(said, /^2 connections, \d{3} octets of text sent$/m);
    assert.doesNotMatch(said, /refused/);
  });

  test('protocol: its own test passes', async (t) => {
    const said = await run(t, '--test', '--test-reporter=tap', 'protocol/readings.test.js');
    assert.match(said, /^# pass 3$/m);
    assert.match(said, /^# fail 0$/m);
  });
});

/** Two visits, one after the other, recorded at the server's end. @returns the file */
async function captureOfVisits(): Promise<string> {
  const file = join(folder(), 'visits.pcapng');
  const joined = new Joined();
  const captured = captureLine(joined.line.b, file);
  const server = createServer((_, response) => response.end('answered'));
  listen(joined.far, 80, (socket) => server.emit('connection', socket));
  const driver = drive(joined.far, captured);
  for (const page of [1, 2]) {
    const socket = connect(joined.near, { address: B, port: 80 });
    socket.end(`GET /page-${page} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n`);
    assert.match(await text(socket), /answered$/);
  }
  driver.stop();
  await captured.close();
  await joined.stop();
  return file;
}
