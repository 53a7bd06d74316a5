import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runScript } from './interpreter.ts';
import { parseScript } from './script.ts';

const folder = import.meta.dirname;

for (const name of readdirSync(folder).filter((name) => name.endsWith('.pkt'))) {
  const source = readFileSync(join(folder, name), 'utf8');
  test(`${name}: ${parseScript(source).title}`, () => runScript(name, source));
}
