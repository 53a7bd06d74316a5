import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { newCounters } from '../src/ip/counters.ts';
import { VirtualLine } from '../src/line/virtual-line.ts';

const operating = readFileSync(new URL('../docs/operating.md', import.meta.url), 'utf8');

test('docs/operating.md explains each counter', () => {
  const names = [...Object.keys(newCounters()), ...Object.keys(new VirtualLine().a.counters)];
  const missing = names.filter((name) => !operating.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});
