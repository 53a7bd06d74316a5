import { readFileSync } from 'node:fs';
import { PACKAGE } from '../package.ts';

const UNIT = new URL('systemd/phpstack-ts@.service', PACKAGE);
/** Where the package's own unit finds the program. */
const PROGRAM = '/usr/bin/phpstack-ts';

/** The template of the units. @param program starts phpstack-ts: paths, without arguments */
export function unitText(program: readonly string[]): string {
  return readFileSync(UNIT, 'utf8').replace(PROGRAM, program.map(quoted).join(' '));
}

/** What an EnvironmentFile= is made of (systemd.exec(5)). */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join('');
}

/** The same quotes will do for a command line and for a variable, where nothing expands. */
function quoted(text: string): string {
  return /^[\w/.,:@=+-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
