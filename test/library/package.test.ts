import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { folder } from '../support/web.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
/** The package without what it depends on, in bytes. */
const LARGEST = 300_000;

interface Tarball {
  filename: string;
  unpackedSize: number;
  files: { path: string }[];
}

/** What `npm pack` would publish of what `npm run build` has built, and an empty project that has installed it. */
describe('the package', () => {
  const project = folder({ 'package.json': '{ "type": "module" }' });
  let tarball: Tarball;

  before(() => {
    const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
    [tarball] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' }));
    install(project, tarball.filename);
  });

  const run = (command: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };

  test('holds what is needed at run time and no more, in less than 300 kB', () => {
    const kinds = new Set(
      tarball.files.map(({ path }) => path.replace(/^dist\/\w+-\w{8}\.js$/, 'dist/part.js')),
    );
    assert.deepEqual([...kinds].sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin/phpstack-ts.js',
      'dist/index.d.ts',
      'dist/index.js',
      'dist/part.js',
      'dist/program.js',
      'package.json',
      ...['404', '500', 'index', 'status'].map((name) => `site/${name}.eta`),
      'systemd/phpstack-ts@.service',
    ]);
    assert.ok(tarball.unpackedSize < LARGEST, `${tarball.unpackedSize} bytes`);
  });

  test('pleases publint', () => {
    run(bin('publint'), tarball.filename, '--strict');
  });

  test('has types that resolve wherever ES modules do, says attw', () => {
    run(bin('attw'), tarball.filename, '--profile', 'esm-only', '--no-definitely-typed');
  });

  test('runs as a program', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(
      run(process.execPath, 'node_modules/phpstack-ts/bin/phpstack-ts.js', '--version'),
      `${version}\n`,
    );
  });

  test('serves pages from JavaScript', () => {
    const { greets, datagrams, refused } = JSON.parse(run(process.execPath, 'main.js'));
    assert.deepEqual([greets, refused], [true, 0]);
    assert.ok(datagrams >= 4, `${datagrams} datagrams`);
  });

  test('is what its types say, to the strictest TypeScript', () => {
    run(bin('tsc'), '--project', '.');
    assert.deepEqual(JSON.parse(run(process.execPath, 'built/main.js')), {
      echoed: 'echo',
      ends: ['192.168.7.1:4000', '192.168.7.2:7'],
      bytes: [4, 4],
      state: 'TIME-WAIT',
      connection: 'TIME-WAIT',
      accepted: 1,
      received: 1,
      due: 'never',
      reset: false,
      codes: ['ENOENT', 'ENOENT'],
      capture: [],
    });
  });
});

const STRICTEST = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: ['node'],
    outDir: 'built',
  },
  files: ['main.ts'],
};

const bin = (name: string) => join(MODULES, '.bin', name);

/** Like `npm install`, but from this repository's own packages: only those that the package says it depends on. */
function install(project: string, tarball: string): void {
  const modules = join(project, 'node_modules');
  const installed = join(modules, 'phpstack-ts');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, tarball), '-C', installed, '--strip-components=1']);
  const { dependencies } = createRequire(import.meta.url)(join(installed, 'package.json'));
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(MODULES, name), join(modules, name));
  }
  cpSync(fileURLToPath(new URL('consumer', import.meta.url)), project, { recursive: true });
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(STRICTEST));
}
