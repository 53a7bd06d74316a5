import { copyFile, link, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Puts `content` in place of the file at `path`, which holds all of the old or all of the new at any moment. @throws the file system's errors */
export async function replaceFile(path: string, content: string | Buffer): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await writeDurably(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    // On a full disk a part of it would hold room that others need.
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const handle = await open(path, 'w', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What `access` to a file gives; undefined where there is no file. @throws the file system's other errors */
export async function ifThere<T>(access: Promise<T>): Promise<T | undefined> {
  try {
    return await access;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Gives a damaged file a second name, for those who want to look into it, before another takes its place. A
 * link needs no room, so a full disk does not prevent it.
 *
 * @returns the second name, the same for the same damage
 */
export async function keepAside(path: string): Promise<string> {
  const { mtime } = await stat(path);
  const kept = `${path}.damaged-${mtime.toISOString().replaceAll(':', '')}`;
  await link(path, kept).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return;
    // Some file systems know no links.
    return copyFile(path, kept);
  });
  return kept;
}

/** Makes a rename in the folder durable; some systems cannot open a folder, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
