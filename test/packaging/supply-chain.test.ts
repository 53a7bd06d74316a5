import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const REGISTRY = 'https://registry.npmjs.org/';

interface Locked {
  /** Left out where it is the registry's. */
  resolved?: string;
  integrity?: string;
  dev?: boolean;
  hasInstallScript?: boolean;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json'));
const locked = Object.entries<Locked>(JSON.parse(read('package-lock.json')).packages).filter(
  ([path]) => path !== '',
);

test('nothing of this package runs when it is installed', () => {
  const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
  assert.deepEqual(
    hooks.filter((hook) => hook in scripts),
    [],
  );
});

test('of what ships, serialport alone runs something when it is installed', () => {
  const running = locked.filter(([, { dev, hasInstallScript }]) => hasInstallScript && !dev);
  assert.deepEqual(
    running.map(([path]) => path),
    ['node_modules/@serialport/bindings-cpp'],
  );
});

test('every package is pinned by its hash, and comes from the registry', () => {
  const isPinned = ({ resolved = REGISTRY, integrity }: Locked) => integrity && resolved.startsWith(REGISTRY);
  assert.deepEqual(
    locked.filter(([, entry]) => !isPinned(entry)),
    [],
  );
});

test('docs/dependencies.md gives the reason for each dependency', () => {
  const rows = read('docs/dependencies.md').matchAll(/^\| (\S.*?) \| .+ \| .+ \|$/gm);
  const told = new Set([...rows].flatMap(([, names]) => names!.split(', ')));
  const names = Object.keys({ ...dependencies, ...devDependencies });
  assert.deepEqual(
    names.filter((name) => !told.has(name)),
    [],
  );
});
