import { stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';

/** How often a device is looked at, in ms: a loss is noticed well within a second. */
const INTERVAL = 250;

/** What tells a device from another one that has taken its place under the same path. @throws the error of stat(2) */
export async function identify(path: string): Promise<string> {
  const { dev, ino, rdev } = await stat(path);
  return `${dev} ${ino} ${rdev}`;
}

/**
 * Watches whether `path` still leads to the device that was opened. An unplugged device need not be
 * noticed otherwise: its reads may return nothing for ever, and 'close' may never come (serialport
 * #2351, #2043, bindings-cpp #162).
 *
 * @param identity what `identify` said when the device was opened
 * @param probe asks the open device itself; rejects with the reason when it is dead
 * @param onGone is called once, with the reason in words
 * @returns ends the watch
 */
export function watchDevice(
  path: string,
  identity: string,
  probe: () => Promise<void>,
  clock: Clock,
  onGone: (reason: string) => void,
): () => void {
  let stopped = false;
  let timer: unknown;
  const look = async () => {
    const reason = await reasonGone(path, identity, probe);
    if (stopped) return;
    if (reason === undefined) timer = clock.setTimeout(look, INTERVAL);
    else onGone(reason);
  };
  timer = clock.setTimeout(look, INTERVAL);
  return () => {
    stopped = true;
    clock.clearTimeout(timer);
  };
}

async function reasonGone(
  path: string,
  identity: string,
  probe: () => Promise<void>,
): Promise<string | undefined> {
  try {
    if ((await identify(path)) !== identity) return `${path} is another device now`;
  } catch {
    return `${path} has vanished`;
  }
  try {
    await probe();
  } catch (error) {
    return `${path} does not answer: ${(error as Error).message}`;
  }
  return undefined;
}
