import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as library from '../src/index.ts';
import { newCounters } from '../src/ip/counters.ts';
import { VirtualLine } from '../src/line/virtual-line.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const exists = (path: string) => existsSync(new URL(path, import.meta.url));

test('docs/operating.md explains each counter', () => {
  const operating = read('../docs/operating.md');
  const names = [...Object.keys(newCounters()), ...Object.keys(new VirtualLine().a.counters)];
  const missing = names.filter((name) => !operating.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});

test('docs/rfc.md names tests and sources that exist', () => {
  const rfc = read('../docs/rfc.md');
  const scenarios = rfc.match(/[\w-]+\.pkt/g)!.filter((name) => name !== 'x.pkt');
  const tests = rfc.match(/[\w/-]+\.test\.ts/g)!;
  const sources = rfc.match(/(?<![\w/.-])(?:wire|ip|tcp|line|node)\/[\w-]+\.ts/g)!;
  const paths = [
    ...scenarios.map((name) => `./scenarios/${name}`),
    ...tests.map((name) => `./${name}`),
    ...sources.map((name) => `../src/${name}`),
  ];
  assert.deepEqual(
    paths.filter((path) => !exists(path)),
    [],
  );
});

test('docs/library.md names all that is exported', () => {
  const text = read('../docs/library.md');
  assert.deepEqual(
    Object.keys(library).filter(
      (name) => !text.includes(`\`${name}`) && !new RegExp(`\\b${name}\\(`).test(text),
    ),
    [],
  );
});

test('the README links to what is there', () => {
  const links = [...read('../README.md').matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => `../${path}`);
  assert.deepEqual(
    links.filter((path) => !exists(path)),
    [],
  );
});
