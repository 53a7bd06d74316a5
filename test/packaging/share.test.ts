import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';
import { scratchFolder } from '../e2e/support/daemon.ts';
import { requiredCommands } from '../e2e/support/requirements.ts';
import { TiedProcess } from '../e2e/support/tied.ts';

const GENERATOR = fileURLToPath(new URL('../../packaging/share.ts', import.meta.url));
const skip = requiredCommands('setpriv', 'man', 'bash', 'zsh', 'fish', 'script');

/** What is typed before the tab, and what must be among the offers. */
const OFFERS: [string[], string][] = [
  [['ser'], 'service'],
  [['service', 'un'], 'uninstall'],
  [['--ht'], '--http-port'],
  [['demo', '--err'], '--error-rate'],
  [['service', 'install', '--dr'], '--dry-run'],
  [['--log-level', 'fa'], 'fatal'],
];

/** The commands that do something. */
function leaves({ commands }: Command): Command[] {
  return commands.flatMap((command) => (command.commands.length > 0 ? leaves(command) : [command]));
}

describe('what goes below /usr/share', { skip }, () => {
  const share = scratchFolder();
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', MANWIDTH: '200', HOME: share },
    });
  before(() => {
    const { status, stderr } = run(process.execPath, '--import', 'tsx', GENERATOR, share);
    assert.equal(status, 0, stderr);
  });

  test('the manual is set without a warning', () => {
    const { status, stderr } = run(
      'man',
      '--warnings',
      '--local-file',
      join(share, 'man/man1/phpstack-ts.1'),
    );
    assert.deepEqual([status, stderr], [0, '']);
  });

  test('the manual tells of each command, option, variable and default', () => {
    const { stdout } = run('man', '--local-file', join(share, 'man/man1/phpstack-ts.1'));
    const program = createProgram();
    const told = [program, ...leaves(program)].flatMap((command) => [
      command.description(),
      ...command.options.flatMap(({ long, envVar, description }) => [long, envVar, description]),
    ]);
    const flat = stdout.replaceAll(/\s+/g, ' ');
    assert.deepEqual(
      told.filter((words) => words !== undefined && !flat.includes(words)),
      [],
    );
  });

  for (const [words, offer] of OFFERS) {
    const line = ['phpstack-ts', ...words].join(' ');

    test(`bash completes ${line}`, () => {
      const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _phpstack_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const file = join(share, 'bash-completion/completions/phpstack-ts');
      const { stdout, stderr } = run('bash', '-c', script, 'bash', file, 'phpstack-ts', ...words);
      assert.deepEqual([stdout.trim().split('\n'), stderr], [[offer], '']);
    });

    test(`fish completes ${line}`, () => {
      const file = join(share, 'fish/vendor_completions.d/phpstack-ts.fish');
      const { stdout, stderr } = run('fish', '--no-config', '-c', `source ${file}; complete -C '${line}'`);
      assert.deepEqual(
        [
          stdout
            .split('\n')
            .map((row) => row.split('\t')[0])
            .filter(Boolean),
          stderr,
        ],
        [[offer], ''],
      );
    });
  }

  test('zsh completes them on a terminal', async (t) => {
    const shell = new TiedProcess('env', 'TERM=dumb', 'script', '-qc', 'zsh -f -i', '/dev/null');
    t.after(() => shell.kill('SIGKILL'));
    const { stdin } = shell.child;
    // npm sets EDITOR=vi, which would choose that one's keys.
    stdin.write(
      `bindkey -e; fpath=(${share}/zsh/vendor-completions $fpath); autoload -Uz compinit; compinit -u -D; print SET'' UP\n`,
    );
    // Before its prompt, what is typed is the terminal's to look at. Each prompt turns bracketed paste on.
    await shell.wrote('stdout', /^SET UP[\s\S]*\?2004h/m);
    for (const [words, offer] of OFFERS) {
      const completed = ['phpstack-ts', ...words.slice(0, -1), offer].join(' ');
      // Control-A goes to the line's beginning: the line is shown, and not run.
      stdin.write(`phpstack-ts ${words.join(' ')}\t\x01print -r -- LINE \n`);
      await shell.wrote('stdout', new RegExp(`^LINE ${completed}\\s*$[\\s\\S]*\\?2004h`, 'm'));
    }
  });
});
