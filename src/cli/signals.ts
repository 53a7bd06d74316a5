import type { Logger } from 'pino';

/** What a server does when it is told to. None of it rejects. */
export interface Commands {
  stop(): Promise<void>;
  reload(): Promise<void>;
  summarise(): void;
  toggleCapture(): Promise<void>;
}

/** Runs `stop` at the first SIGTERM or SIGINT and exits 0; a second signal does not wait for it. */
export function stopOnSignals(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = async (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, 'stopping');
    await stop();
    log.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  // What a terminal sends when it is closed.
  if (process.stdout.isTTY) process.on('SIGHUP', onSignal);
}

/** The same, and what else a daemon is told by signals; one thing after the other. */
export function runOnSignals(log: Logger, commands: Commands): void {
  stopOnSignals(log, () => commands.stop());
  let last = Promise.resolve();
  const inTurn = (command: () => Promise<void>) => () => {
    last = last.then(command);
  };
  // Node's own use of it is to let a debugger in.
  process.on('SIGUSR1', () => commands.summarise());
  process.on(
    'SIGUSR2',
    inTurn(() => commands.toggleCapture()),
  );
  if (!process.stdout.isTTY)
    process.on(
      'SIGHUP',
      inTurn(() => commands.reload()),
    );
}
