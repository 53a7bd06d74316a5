import { execFile } from 'node:child_process';

/**
 * Tells the service manager what state the service is in, in the order of the calls.
 *
 * @param assignments such as `READY=1` (sd_notify(3))
 * @returns what settles once it has been told, or could not be
 */
export type Notify = (...assignments: string[]) => Promise<void>;

/**
 * How to reach the service manager that started this process; undefined where none did.
 *
 * Node.js has no Unix datagrams, so `systemd-notify` sends them.
 *
 * @param onError is called with the reason when something could not be told
 */
export function notifier(
  environment: NodeJS.ProcessEnv,
  onError: (reason: string) => void,
): Notify | undefined {
  const { NOTIFY_SOCKET, PATH } = environment;
  if (!NOTIFY_SOCKET) return undefined;
  const tell = (assignments: string[]) =>
    new Promise<void>((resolve) => {
      execFile('systemd-notify', assignments, { env: { NOTIFY_SOCKET, PATH } }, (error) => {
        if (error) onError(error.message.trimEnd());
        resolve();
      });
    });
  let told = Promise.resolve();
  return (...assignments) => {
    told = told.then(() => tell(assignments));
    return told;
  };
}

/** How long the service manager's watchdog waits to be fed, in ms; undefined where it does not watch this process. */
export function watchdogPatience({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  return isOurs && WATCHDOG_USEC ? Number(WATCHDOG_USEC) / 1000 : undefined;
}
