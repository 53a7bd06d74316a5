import { pino } from 'pino';
import { openVisitors } from '../../src/web/visitors.ts';

/** Counts visitors in the folder given, and shows each number on a line, until it is killed. */
const visitors = await openVisitors(process.argv[2]!, pino({ level: 'silent' }, process.stderr));
for (;;) {
  for (const number of await Promise.all([visitors.next(), visitors.next(), visitors.next()])) {
    process.stdout.write(`${number}\n`);
  }
}
