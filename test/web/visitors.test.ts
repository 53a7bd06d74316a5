import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { openVisitors, StateError, Visitors } from '../../src/web/visitors.ts';
import { folder } from '../support/web.ts';

const silent = pino({ level: 'silent' });
const COUNTING = fileURLToPath(new URL('../support/counting-process.ts', import.meta.url));

async function countAfter(state: string): Promise<number> {
  const visitors = await openVisitors(state, silent);
  await visitors.close();
  return visitors.count;
}

test('numbers go on after a restart, and visits at once get numbers of their own', async () => {
  const state = folder();
  const visitors = await openVisitors(state, silent);
  const numbers = await Promise.all(Array.from({ length: 100 }, () => visitors.next()));
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  await visitors.close();
  assert.equal(await countAfter(state), 100);
});

test('no number that was shown is lost when the process is killed amidst its work', async () => {
  const state = folder();
  let highest = 0;
  for (let i = 0; i < 12; i++) {
    const child = spawn(process.execPath, ['--import', 'tsx', COUNTING, state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    highest = await countUntilKilled(child, highest, 20 + 13 * i);
    assert.ok((await countAfter(state)) >= highest);
  }
  assert.ok(highest > 200);
});

/** Reads the numbers that the child shows, kills it after some, and returns the last it showed. */
async function countUntilKilled(child: ChildProcess, after: number, count: number): Promise<number> {
  let last = after;
  for await (const line of createInterface({ input: child.stdout! })) {
    const number = Number(line);
    assert.ok(number > last, `${number} was shown after ${last}`);
    last = number;
    if (--count === 0) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return last;
}

test('a slot that tore at a power cut costs nothing: the other one counts', async () => {
  for (const torn of [0, 1]) {
    const state = folder();
    const visitors = await openVisitors(state, silent);
    for (let i = 0; i < 5 + torn; i++) await visitors.next();
    await visitors.close();
    const file = join(state, 'visitors');
    const content = readFileSync(file);
    const newest = content.toString('latin1', 0, 1) > content.toString('latin1', 512, 513) ? 0 : 1;
    content.fill(0, (1 - newest) * 512, (2 - newest) * 512);
    writeFileSync(file, content);
    assert.equal(await countAfter(state), 5 + torn);
  }
});

test('a damaged file is put aside, said in the log, and what it still tells is believed', async () => {
  const state = folder({ visitors: '1234 not-a-checksum\ngarbage' });
  const lines: string[] = [];
  const visitors = await openVisitors(state, pino({}, { write: (line: string) => void lines.push(line) }));
  assert.equal(visitors.count, 1234);
  assert.equal(await visitors.next(), 1235);
  await visitors.close();
  assert.match(lines.join(''), /was damaged/);
  const aside = readdirSync(state).find((name) => name.startsWith('visitors.damaged-'));
  assert.equal(readFileSync(join(state, aside!), 'latin1'), '1234 not-a-checksum\ngarbage');
});

test('a disk that takes nothing more: nobody is shown a number that is not kept, and it is said once', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const file = await open(join(folder(), 'visitors'), 'wx+');
  const visitors = new Visitors(file, 0, log);
  assert.equal(await visitors.next(), 1);
  const datasync = file.datasync;
  file.datasync = () =>
    Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
  assert.equal(await visitors.next(), undefined);
  assert.equal(await visitors.next(), undefined);
  file.datasync = datasync;
  assert.equal(await visitors.next(), 4, 'those who were not shown a number are counted all the same');
  assert.equal(lines.filter((line) => line.includes('cannot be kept')).length, 1);
  await visitors.close();
});

test('a folder that cannot be made is an error of one line', async () => {
  const state = join(folder({ file: '' }), 'file', 'state');
  await assert.rejects(openVisitors(state, silent), (error: Error) => {
    assert.ok(error instanceof StateError);
    assert.match(error.message, /^the state cannot be kept in .*\n?$/);
    return true;
  });
  assert.ok(!existsSync(state));
});
