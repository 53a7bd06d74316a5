import type { Clock } from '../clock.ts';
import type { LineEnds } from '../served-line.ts';
import { type Notify, notifier, watchdogPatience } from './notify.ts';
import { Progress } from './progress.ts';

export interface Supervision {
  /** Settles when the service manager knows. */
  stopping(): Promise<void>;
}

/**
 * Keeps the service manager informed of the lines that are served (sd_notify(3)): that pages can be had, as soon as
 * all ports are open, and later which of them are away. Feeds its watchdog while the event loop turns and the lines
 * take what they are given. Without a service manager it does nothing.
 *
 * @param warn is called, once, with the reason why notifications cannot be sent
 */
export function supervise(
  lines: readonly LineEnds[],
  warn: (reason: string) => void,
  clock: Clock,
  environment = process.env,
): Supervision {
  const notify = notifier(environment, once(warn));
  if (!notify) return { stopping: async () => {} };
  tellOfPorts(lines, notify);
  const patience = watchdogPatience(environment);
  const watchdog = patience === undefined ? undefined : feedWatchdog(lines, notify, patience, clock);
  return {
    stopping() {
      watchdog?.stop();
      return notify('STOPPING=1', 'STATUS=stopping');
    },
  };
}

/** Now, and whenever a port vanishes or returns. */
function tellOfPorts(lines: readonly LineEnds[], notify: Notify): void {
  const tell = () => {
    const status = `STATUS=${statusOf(lines)}`;
    if (lines.every(({ line }) => line.isOpen)) notify('READY=1', status);
    else notify(status);
  };
  for (const { line } of lines) {
    const { onLost, onRestored } = line;
    line.onLost = (reason) => {
      onLost(reason);
      tell();
    };
    line.onRestored = () => {
      onRestored();
      tell();
    };
  }
  tell();
}

function statusOf(lines: readonly LineEnds[]): string {
  const here = lines.filter(({ line }) => line.isOpen).map(({ address, port }) => `${address} on ${port}`);
  const away = lines.filter(({ line }) => !line.isOpen).map(({ port }) => port);
  const parts = [
    here.length > 0 && `serving ${here.join(', ')}`,
    away.length > 0 && `waiting for ${away.join(', ')}`,
  ];
  return parts.filter(Boolean).join('; ');
}

/** Feeds at a third of the patience, so that one notification may come late. */
function feedWatchdog(
  lines: readonly LineEnds[],
  notify: Notify,
  patience: number,
  clock: Clock,
): { stop(): void } {
  const progress = lines.map((ends) => new Progress(ends));
  const feed = () => {
    const now = clock.now();
    // Each is looked at, as each has to see its line move.
    const stuck = progress.filter((line) => line.isStuck(now));
    if (stuck.length === 0) notify('WATCHDOG=1');
    timer = clock.setTimeout(feed, patience / 3);
  };
  let timer = clock.setTimeout(feed, patience / 3);
  return { stop: () => clock.clearTimeout(timer) };
}

function once(act: (reason: string) => void): (reason: string) => void {
  let done = false;
  return (reason) => {
    if (!done) act(reason);
    done = true;
  };
}
