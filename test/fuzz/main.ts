import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepReaching } from './keep.ts';
import { fuzzStructured } from './structured-run.ts';
import { TARGETS } from './targets.ts';

/** npm run fuzz -- TARGET [--minutes N] [--structured | --coverage | --keep]: docs/fuzzing.md */
const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    structured: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
/** What jazzer.js's prebuilt binary is linked with. */
const LEAST_GLIBC = 2.38;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const [name = ''] = positionals;
const minutes = Number(values.minutes);
const load = TARGETS[name];
if (!load)
  fail(2, `usage: npm run fuzz -- TARGET [--minutes N]; targets: ${Object.keys(TARGETS).join(', ')}`);
if (!(minutes > 0)) fail(2, `not a number of minutes: ${values.minutes}`);

const seconds = Math.ceil(minutes * 60);
const grown = join(ROOT, '.fuzz', name);
const corpus = join(ROOT, 'test/fuzz/corpus', name);
mkdirSync(grown, { recursive: true });
if (values.keep) {
  console.log(`${name}: ${await keepReaching(await load(), grown, corpus)} inputs were added to the corpus`);
} else if (values.structured) process.exitCode = await fuzzStructured(name, seconds);
else process.exitCode = fuzzGuided((await load()).longest);

/** Runs libFuzzer by jazzer.js. What it finds to reach further is kept in `.fuzz`, beside what makes a target fail. */
function fuzzGuided(longest: number): number {
  const isSync = name !== 'http';
  const jazzer = [join(packageRoot('@jazzer.js/core'), 'dist/cli.js'), join(ROOT, 'test/fuzz/targets', name)];
  const include = ['--includes', join(ROOT, 'src/'), ...(isSync ? ['--sync'] : [])];
  const libFuzzer = [`-max_len=${longest}`, `-artifact_prefix=${grown}-`, '-rss_limit_mb=1024'];
  const dictionary = join(ROOT, `test/fuzz/${name}.dict`);
  if (existsSync(dictionary)) libFuzzer.push(`-dict=${dictionary}`);
  if (values.coverage) {
    include.push(
      '--coverage',
      '--coverageReporters',
      'text',
      '--coverageDirectory',
      join(ROOT, '.fuzz/coverage'),
    );
    libFuzzer.push('-runs=0');
  } else libFuzzer.push(`-max_total_time=${seconds}`, '-len_control=20', '-print_final_stats=1');
  return run([...jazzer, ...include, grown, corpus, '--', ...libFuzzer]);
}

/** Under the system's libc, or the newer one that FUZZ_GLIBC names the folder of. */
function run(args: string[]): number {
  const folder = process.env.FUZZ_GLIBC;
  const node = [process.execPath, '--import', 'tsx', ...args];
  if (folder) node.unshift(loaderIn(folder), '--library-path', folder);
  else refuseOldLibc();
  const { status, error } = spawnSync(node[0]!, node.slice(1), { cwd: ROOT, stdio: 'inherit' });
  if (error) fail(1, `${node[0]} cannot be run: ${error.message}`);
  return status ?? 1;
}

function loaderIn(folder: string): string {
  const loader = existsSync(folder) && readdirSync(folder).find((file) => /^ld-linux.*\.so\.\d$/.test(file));
  if (!loader) fail(1, `there is no ld-linux in FUZZ_GLIBC, ${folder}`);
  return join(folder, loader);
}

function refuseOldLibc(): void {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const version = header.glibcVersionRuntime;
  if (version === undefined || Number(version.replace(/^2\.(\d)$/, '2.0$1')) >= LEAST_GLIBC) return;
  fail(
    1,
    `jazzer.js needs glibc ${LEAST_GLIBC}, this is ${version}: see docs/fuzzing.md, or add --structured`,
  );
}

function packageRoot(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

function fail(status: number, message: string): never {
  console.error(message);
  process.exit(status);
}
