import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Recorder } from '../line/recorder.ts';

/** Each takes the place of the one before: a daemon that is restarted for ever must not fill the disk. */
const FILE = 'crash.pcapng';

/** At an error that nobody has caught, writes down the latest datagrams beside the state, and exits 1. */
export function reportCrashes(log: Logger, recorder: Recorder, state: string): void {
  process.on('uncaughtException', (error) => {
    const capture = join(state, FILE);
    const { message: reason, stack } =
      error instanceof Error ? error : { message: String(error), stack: undefined };
    try {
      writeFileSync(capture, recorder.recent());
      log.fatal({ reason, stack, capture }, 'crashed');
    } catch (another) {
      log.fatal({ reason, stack, capture, captureError: (another as Error).message }, 'crashed');
    }
    process.exit(1);
  });
}
