/** `share.ts FOLDER`: writes the manual and the shells' completions where they belong below /usr/share. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createProgram } from '../src/cli/program.ts';
import { version } from '../src/daemon.ts';
import { commandTree } from './command-tree.ts';
import { bashCompletion } from './completions/bash.ts';
import { fishCompletion } from './completions/fish.ts';
import { zshCompletion } from './completions/zsh.ts';
import { manPage } from './man-page.ts';

const folder = process.argv[2]!;
const program = commandTree(createProgram());
const files = {
  'man/man1/phpstack-ts.1': manPage(program, version),
  'bash-completion/completions/phpstack-ts': bashCompletion(program),
  'zsh/vendor-completions/_phpstack-ts': zshCompletion(program),
  'fish/vendor_completions.d/phpstack-ts.fish': fishCompletion(program),
};
for (const [path, text] of Object.entries(files)) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
