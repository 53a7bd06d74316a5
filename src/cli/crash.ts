import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Recorder } from '../line/recorder.ts';

/** It holds what visitors have sent. Each takes the place of the one before: a daemon that is restarted for ever must not fill the disk. */
const FILE = 'crash.pcapng';

/** At an error that nobody has caught, writes down the latest datagrams beside the state, and exits 1. */
export function reportCrashes(log: Logger, recorder: Recorder, state: string): void {
  process.on('uncaughtException', (error) => {
    const capture = join(state, FILE);
    const captureError = failureOf(() => writeFileSync(capture, recorder.recent(), { mode: 0o600 }));
    const { message: reason, stack } =
      error instanceof Error ? error : { message: String(error), stack: undefined };
    try {
      log.fatal({ reason, stack, capture, captureError }, 'crashed');
    } finally {
      process.exit(1);
    }
  });
}

/** The message of what `attempt` throws. */
function failureOf(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
