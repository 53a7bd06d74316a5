import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest Debian whose Node.js is recent enough. */
const SUITE = 'trixie';
const PACKAGES = 'nodejs,systemd,man-db';
const MIRROR = 'http://deb.debian.org/debian';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'phpstack-ts');
const root = join(cache, `debian-${SUITE}`);

/**
 * Why there is no Debian; false when there is. The first time its root folder is made, which takes a minute or two and
 * 500 MB in the user's cache. Needs root.
 */
export async function debianMissing(): Promise<string | false> {
  if (existsSync(root)) return false;
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(`${root}-`);
  try {
    const options = ['--quiet', '--variant=minbase', `--include=${PACKAGES}`, '--format=directory'];
    await run('mmdebstrap', [...options, SUITE, scratch, MIRROR]);
    await rename(scratch, root);
    return false;
  } catch (error) {
    await rm(scratch, { recursive: true });
    // Another run may have been faster.
    return !existsSync(root) && `no Debian can be made: ${(error as Error).message}`;
  }
}

/** Mounts a scratch layer over `$0`, with `$1` as /mnt, and runs the script `$2` in there. */
const IN_LAYER = `
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o "lowerdir=$0,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root
mount --rbind /dev /mnt/root/dev
mount -t proc proc /mnt/root/proc
mount --bind "$1" /mnt/root/mnt
exec chroot /mnt/root /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 sh -eu -c "$2"
`;

/**
 * Runs a script in a fresh Debian, of which nothing is left afterwards, once `debianMissing` has said that there is one.
 *
 * @param folder is seen there as /mnt
 * @returns what the script wrote to stdout. @throws when its exit status is not 0
 */
export async function inDebian(folder: string, script: string): Promise<string> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child'];
  const command = ['sh', '-eu', '-c', IN_LAYER, root, folder, script];
  const { stdout } = await run('unshare', [...namespaces, ...command], { maxBuffer: 64e6 });
  return stdout;
}
