import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What depends on Debian's current kernel; the package of the kernel itself has its version in its name. */
const METAPACKAGE = 'linux-image-amd64';
/** Of the 400 MB that it holds, what is wanted; the modules in the order in which they are to be loaded. */
const IMAGE = 'vmlinuz';
const MODULES = ['slhc.ko', 'slip.ko'];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'phpstack-ts');
const folder = join(cache, METAPACKAGE);

/** Debian's kernel with its SLIP driver, once `kernelMissing` has said that it is there. */
export const kernel = {
  image: join(folder, IMAGE),
  modules: MODULES.map((name) => join(folder, name)),
};

/**
 * Why there is no kernel; false when there is. The first time it is downloaded, which takes 70 MB, and
 * unpacked into the user's cache, but not installed.
 */
export async function kernelMissing(): Promise<string | false> {
  if (existsSync(folder)) return false;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(`${folder}-`);
  try {
    await rename(await unpacked(await downloaded(scratch)), folder);
    return false;
  } catch (error) {
    // Another run may have been faster.
    return !existsSync(folder) && `Debian's kernel cannot be had: ${lastLine((error as Error).message)}`;
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** @returns the package's file */
async function downloaded(scratch: string): Promise<string> {
  const { stdout } = await run('apt-cache', ['depends', METAPACKAGE]);
  const dependency = stdout.match(/Depends: (linux-image-\S+)/)?.[1];
  if (!dependency) throw new Error(`apt knows no ${METAPACKAGE}; run apt-get update`);
  await run('apt-get', ['download', '--quiet', dependency], { cwd: scratch });
  const file = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
  return join(scratch, file!);
}

/** @returns a folder with the image and the modules; some versions of Debian compress these */
async function unpacked(file: string): Promise<string> {
  const target = `${file}.unpacked`;
  await mkdir(target);
  const members = ['*/boot/vmlinuz-*', ...MODULES.map((name) => `*/${name}*`)];
  const strip = ['--transform', 's,.*/,,', '--transform', `s,^vmlinuz-.*,${IMAGE},`];
  const extract = 'dpkg-deb --fsys-tarfile "$0" | tar --extract --wildcards "$@"';
  await run('bash', ['-o', 'pipefail', '-c', extract, file, ...strip, ...members], { cwd: target });
  for (const name of await readdir(target)) {
    if (basename(name, '.xz') !== name) await run('busybox', ['unxz', join(target, name)]);
  }
  return target;
}

/** Of what a command complained of, what it gave up for. */
function lastLine(message: string): string {
  return message.trimEnd().split('\n').at(-1)!;
}
