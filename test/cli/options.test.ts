import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Command } from 'commander';
import { addLineOptions, CLIENT, SERVER } from '../../src/cli/line-options.ts';
import { dropIdleSwitches } from '../../src/cli/options.ts';

const VARIABLES = ['PHPSTACK_WAIT', 'PHPSTACK_NO_HUPCL', 'PHPSTACK_BAUD'];

afterEach(() => {
  for (const name of VARIABLES) delete process.env[name];
});

/** What a command of the program's gets from these variables and arguments. */
function parsed(environment: Record<string, string>, ...args: string[]) {
  Object.assign(process.env, environment);
  const program = new Command();
  const command = program.command('sub').action(() => {});
  addLineOptions(command, { address: SERVER, peer: CLIENT });
  dropIdleSwitches(program);
  program.parse(['sub', ...args], { from: 'user' });
  return command.opts();
}

for (const off of ['', '0', 'false', 'no', 'FALSE']) {
  test(`a switch is off where its variable is ${JSON.stringify(off)}`, () => {
    const { wait, hupcl } = parsed({ PHPSTACK_WAIT: off, PHPSTACK_NO_HUPCL: off });
    assert.deepEqual([wait, hupcl], [false, true]);
  });
}

for (const on of ['1', 'true', 'yes']) {
  test(`a switch is on where its variable is ${on}`, () => {
    const { wait, hupcl } = parsed({ PHPSTACK_WAIT: on, PHPSTACK_NO_HUPCL: on });
    assert.deepEqual([wait, hupcl], [true, false]);
  });
}

test('the command line goes before the variable', () => {
  assert.equal(parsed({ PHPSTACK_WAIT: 'no' }, '--wait').wait, true);
});

test('what takes a value is no switch', () => {
  assert.equal(parsed({ PHPSTACK_BAUD: '0' }).baud, 0);
});
