import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * What each room of src may import besides itself; `clock.ts` is only types and the system's clock, and
 * `package.ts` the package's folder.
 */
const ALLOWED: Record<string, string[]> = {
  wire: [],
  tcp: ['wire'],
  ip: ['wire', 'tcp'],
  line: ['wire', 'clock.ts'],
  node: ['wire', 'tcp', 'ip', 'line', 'clock.ts'],
  doctor: ['wire', 'ip', 'line', 'node', 'clock.ts'],
  web: ['clock.ts', 'package.ts'],
  admin: ['ip', 'web'],
  'clock.ts': [],
  'virtual-clock.ts': ['clock.ts'],
  'package.ts': [],
  'timing.ts': ['tcp', 'ip', 'line', 'clock.ts'],
  'served-line.ts': ['ip', 'line', 'node', 'doctor', 'web', 'admin', 'clock.ts', 'timing.ts'],
  service: ['tcp', 'line', 'clock.ts', 'package.ts', 'served-line.ts'],
  'daemon.ts': ['web', 'admin', 'clock.ts', 'package.ts', 'served-line.ts'],
  'index.ts': ['wire', 'tcp', 'ip', 'line', 'node', 'web', 'clock.ts', 'virtual-clock.ts'],
  cli: [
    'service',
    'package.ts',
    'wire',
    'tcp',
    'ip',
    'line',
    'node',
    'doctor',
    'web',
    'admin',
    'clock.ts',
    'package.ts',
    'timing.ts',
    'served-line.ts',
    'daemon.ts',
  ],
};
const SANS_IO = new Set(['wire', 'tcp', 'ip']);

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

for (const file of files) {
  const room = file.split('/')[0]!;
  const text = readFileSync(join(SRC, file), 'utf8');

  test(`src/${file} imports only what lies below it`, () => {
    for (const [, specifier] of text.matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      if (specifier!.startsWith('.')) {
        const target = relative(SRC, join(SRC, dirname(file), specifier!)).split('/')[0]!;
        assert.ok(target === room || ALLOWED[room]!.includes(target), `${file} imports ${specifier}`);
      } else if (SANS_IO.has(room)) {
        assert.equal(`${file}: ${specifier}`, 'tcp/isn.ts: node:crypto');
      }
    }
  });

  if (SANS_IO.has(room)) {
    test(`src/${file} reads no clock, randomness or console`, () => {
      assert.doesNotMatch(
        text,
        /\b(Date|performance|setTimeout|setInterval|setImmediate|console|process)\b\s*[.(]|Math\.random/,
      );
    });
  }
}
