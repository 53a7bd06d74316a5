import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, turnsUntil } from './web.ts';

/** A site whose `*.cgi` files are executable shell scripts; each begins in its own folder. */
export function scriptSite(files: Record<string, string>): string {
  const isCgi = (name: string) => name.endsWith('.cgi');
  const whole = Object.entries(files).map(([name, text]) => [
    name,
    isCgi(name) && !text.startsWith('#!') ? `#!/bin/sh\n${text}\n` : text,
  ]);
  const site = folder(Object.fromEntries(whole));
  for (const name of Object.keys(files)) if (isCgi(name)) chmodSync(join(site, name), 0o755);
  return site;
}

/** The head of a plain answer, as a shell script puts it out. */
export const HEAD = "printf 'Content-Type: text/plain\\n\\n'";

/** A line of a shell script that waits until a file of this name is in its folder. */
export const awaitFile = (name: string) => `while [ ! -e ${name} ]; do sleep 0.01; done`;

/** What a script wrote into a file of its folder, once it has written a whole line. */
export async function written(site: string, name: string): Promise<string> {
  const path = join(site, name);
  await turnsUntil(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
  return readFileSync(path, 'utf8').trim();
}

/** Whether a process runs: one that has ended and waits for its parent does not. Linux only. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
