import { openVisitors } from '../../src/web/visitors.ts';

/** Counts visitors in the folder given, several at once, and shows each number on a line, until it is killed. */
const silent = { info() {}, warn() {}, error() {} };
const visitors = await openVisitors(process.argv[2]!, silent);

async function visit(): Promise<void> {
  for (;;) process.stdout.write(`${await visitors.next('/')}\n`);
}
await Promise.all([visit(), visit(), visit()]);
