import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { PATIENCE, TiedProcess } from './support/tied.ts';

const skip = requirements();
const PROGRAM = fileURLToPath(new URL('../../bin/phpstack-ts.js', import.meta.url));

const page = async (url: string) => (await fetch(url)).text();

/** The demo on a terminal of its own, and what is left of that afterwards. */
function onTerminal(): TiedProcess {
  const demo = `${process.execPath} ${PROGRAM} demo --listen 0; echo status $?; stty -a`;
  return new TiedProcess(
    'env',
    `XDG_STATE_HOME=${scratchFolder()}`,
    'TERM=xterm',
    'script',
    '-qfc',
    demo,
    '/dev/null',
  );
}

describe('the demo', { skip }, () => {
  test('on a terminal shows the line, takes keys, and restores the terminal', async () => {
    const terminal = onTerminal();
    const [, url] = await terminal.wrote('stdout', /open (http:\S+\/)/);
    await terminal.wrote('stdout', /speed 115200 bps {4}noise none/);
    assert.equal(visitorNumber(await page(url!)), 1);
    await terminal.wrote('stdout', /visitor 1 /);
    await terminal.wrote('stdout', /GET \/ 200/);
    terminal.child.stdin.write('\x1b[D\x1b[A');
    await terminal.wrote('stdout', /speed 57600 bps {4}noise 1e-6 of the bits {4}MTU 576/);
    assert.equal(visitorNumber(await page(url!)), 2);
    terminal.child.stdin.write('q');
    const { stdout } = await terminal.finished(PATIENCE);
    assert.match(stdout, /\[\?25h.\[\?1049l[\s\S]*status 0\b[\s\S]* icanon [\s\S]* echo /);
  });

  test('on a terminal ends with Ctrl-C as well', async () => {
    const terminal = onTerminal();
    await terminal.wrote('stdout', /speed 115200 bps/);
    terminal.child.stdin.write('\x03');
    const { stdout } = await terminal.finished(PATIENCE);
    assert.match(stdout, /\[\?25h.\[\?1049l[\s\S]*status 0\b[\s\S]* icanon /);
  });

  test('without a terminal logs, and serves', async () => {
    const args = [process.execPath, PROGRAM, 'demo', '--listen', '0'];
    const demo = new TiedProcess('env', `XDG_STATE_HOME=${scratchFolder()}`, ...args);
    const [, url] = await demo.wrote('stdout', /open (http:\S+\/)/);
    assert.equal(visitorNumber(await page(url!)), 1);
    const { code, stdout } = await demo.kill('SIGINT');
    assert.equal(code, 0);
    assert.ok(!stdout.includes('\x1b'));
    for (const line of stdout.trimEnd().split('\n')) JSON.parse(line);
  });
});
