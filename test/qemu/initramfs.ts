import { execFile } from 'node:child_process';
import { copyFile, cp, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const INIT = fileURLToPath(new URL('init', import.meta.url));

/**
 * Packs what a guest starts from, in `folder`.
 *
 * @param programs of this machine's that go along with busybox, with the libraries that they are linked to
 * @param modules the kernel's, loaded at the start in this order
 * @returns the cpio archive
 */
export async function buildInitramfs(folder: string, programs: string[], modules: string[]): Promise<string> {
  const root = join(folder, 'root');
  for (const name of ['bin', 'dev', 'proc', 'sys', 'modules'])
    await mkdir(join(root, name), { recursive: true });
  await copyFile(INIT, join(root, 'init'));
  for (const [i, module] of modules.entries()) {
    await copyFile(module, join(root, 'modules', `${i}-${basename(module)}`));
  }
  for (const program of ['busybox', ...programs]) await install(root, await located(program));
  const archive = join(folder, 'initramfs');
  await run('sh', ['-c', `find . | busybox cpio -o -H newc > "$0"`, archive], { cwd: root });
  return archive;
}

async function install(root: string, program: string): Promise<void> {
  await copyFile(program, join(root, 'bin', basename(program)));
  for (const library of await libraries(program)) {
    await mkdir(join(root, dirname(library)), { recursive: true });
    await cp(library, join(root, library), { dereference: true });
  }
}

async function located(program: string): Promise<string> {
  const { stdout } = await run('which', [program]);
  return stdout.trim();
}

/** The paths in what ldd says. It fails for a program that is linked statically. */
async function libraries(program: string): Promise<string[]> {
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }));
  return stdout.match(/\/\S+/g) ?? [];
}
