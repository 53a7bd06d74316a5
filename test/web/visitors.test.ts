import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mock, test } from 'node:test';
import { pino } from 'pino';
import { DurableTally } from '../../src/web/durable-tally.ts';
import { VisitorFile } from '../../src/web/visitor-file.ts';
import { DurableVisitors, type NumberStore, openVisitors, StateError } from '../../src/web/visitors.ts';
import { transpile } from '../support/transpile.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { folder } from '../support/web.ts';

const silent = pino({ level: 'silent' });
const COUNTING = 'test/support/counting-process.ts';

async function countAfter(state: string): Promise<number> {
  const visitors = await openVisitors(state, silent);
  await visitors.close();
  return visitors.count;
}

test('numbers go on after a restart, and visits at once get numbers of their own', async () => {
  const state = folder();
  const visitors = await openVisitors(state, silent);
  const numbers = await Promise.all(Array.from({ length: 100 }, () => visitors.next('/')));
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  await visitors.close();
  assert.equal(await countAfter(state), 100);
});

test('no number that was shown is lost when the process is killed amidst its work, thirty times', async () => {
  const state = folder();
  const files = [
    'clock',
    'web/durable-file',
    'web/durable-tally',
    'web/tally',
    'web/visitor-file',
    'web/visitors',
  ];
  const script = join(
    transpile(...files.map((file) => `src/${file}.ts`), COUNTING),
    COUNTING.replace('.ts', '.js'),
  );
  let highest = 0;
  for (let i = 0; i < 30; i++) {
    const shown = await showUntilKilled([script, state], 5 + 7 * i);
    assert.ok(Math.min(...shown) > highest, `${Math.min(...shown)} was shown after ${highest}`);
    assert.equal(new Set(shown).size, shown.length, 'no number is shown twice');
    highest = Math.max(...shown);
  }
  assert.ok((await countAfter(state)) >= highest);
});

/** What the child showed, until it was killed after `count` numbers. */
async function showUntilKilled(command: string[], count: number): Promise<number[]> {
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const shown: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    shown.push(Number(line));
    if (shown.length === count) child.kill('SIGKILL');
  }
  await gone;
  return shown;
}

/** The file's four slots: what is written is on two of them. */
const SLOT = 4096;
const slotsOf = (state: string) => readFileSync(join(state, 'visitors'));

function spoil(state: string, slot: number): void {
  const content = slotsOf(state);
  content.write('spoilt', slot * SLOT);
  writeFileSync(join(state, 'visitors'), content);
}

async function logged(state: string): Promise<{ count: number; log: string }> {
  const lines: string[] = [];
  const visitors = await openVisitors(state, pino({}, { write: (line: string) => void lines.push(line) }));
  await visitors.close();
  return { count: visitors.count, log: lines.join('') };
}

test('any one slot may be spoilt, and nothing that was shown is lost', async () => {
  for (let slot = 0; slot < 4; slot++) {
    for (const visits of [4, 5]) {
      const state = folder();
      const visitors = await openVisitors(state, silent);
      for (let i = 0; i < visits; i++) await visitors.next('/');
      await visitors.close();
      spoil(state, slot);
      const { count, log } = await logged(state);
      assert.equal(count, visits, `slot ${slot}`);
      assert.match(log, /damaged: continuing after visitor/);
    }
  }
});

test('the two slots of a write that a power cut tore cost nothing that was shown', async () => {
  for (const [visits, torn] of [
    [4, 2],
    [5, 0],
  ] as const) {
    const state = folder();
    const visitors = await openVisitors(state, silent);
    for (let i = 0; i < visits - 1; i++) await visitors.next('/');
    await visitors.close();
    // The write of the last visitor was under way, its number not shown.
    spoil(state, torn);
    spoil(state, torn + 1);
    assert.equal((await logged(state)).count, visits - 1);
  }
});

const DAMAGED: [name: string, content: string | Buffer, count: number][] = [
  ['an empty file', '', 0],
  ['a file of zeros', Buffer.alloc(4 * SLOT), 0],
  ['a file that was cut short', '0000000000001234 not-a-checksum', 1234],
  ['garbage that holds numbers', 'x\n1234 what\ngarbage', 1234],
];
for (const [name, content, count] of DAMAGED) {
  test(`${name} is kept aside, said in the log, and what it still tells is believed`, async () => {
    const state = folder({ visitors: content });
    const opened = await logged(state);
    assert.equal(opened.count, count);
    assert.match(opened.log, /damaged/);
    const aside = readdirSync(state).find((file) => file.startsWith('visitors.damaged-'));
    assert.deepEqual(readFileSync(join(state, aside!)), Buffer.from(content));
    assert.equal((await logged(state)).log, '', 'the new file is sound');
  });
}

/** A disk that can be told to refuse, and keeps what it was given. */
class FakeDisk implements NumberStore {
  readonly path = 'visitors';
  readonly recorded: number[] = [];
  isFull = false;

  async record(number: number): Promise<void> {
    if (this.isFull) throw new Error('no space left on device');
    this.recorded.push(number);
  }

  async close(): Promise<void> {}
}

async function visitorsOn(disk: FakeDisk, count: number, log = silent, clock = new VirtualClock()) {
  return new DurableVisitors(disk, count, await DurableTally.open(folder(), log, clock), log, clock);
}

test('while the disk refuses nobody is shown a number, it is said once, and all count in the end', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const disk = new FakeDisk();
  const clock = new VirtualClock();
  const visitors = await visitorsOn(disk, 0, log, clock);
  assert.equal(await visitors.next('/'), 1);
  disk.isFull = true;
  assert.equal(await visitors.next('/'), undefined);
  assert.equal(await visitors.next('/'), undefined);
  await clock.advanceWithTurns(60_000);
  assert.equal(lines.filter((line) => line.includes('cannot be written')).length, 1);
  disk.isFull = false;
  await clock.advanceWithTurns(5000);
  assert.deepEqual(disk.recorded, [1, 3]);
  assert.equal(await visitors.next('/'), 4);
  assert.match(lines.at(-1)!, /on disk again/);
  await visitors.close();
});

test('what the disk refused is written at the close, if it takes it then', async () => {
  const disk = new FakeDisk();
  const visitors = await visitorsOn(disk, 7);
  disk.isFull = true;
  await visitors.next('/');
  disk.isFull = false;
  await visitors.close();
  assert.deepEqual(disk.recorded, [8]);
});

test('visits at once share a sync', async () => {
  const disk = new FakeDisk();
  const visitors = await visitorsOn(disk, 0);
  await Promise.all(Array.from({ length: 100 }, () => visitors.next('/')));
  assert.deepEqual(disk.recorded, [1, 100], 'the first waits for nobody, all others for it');
  await visitors.close();
});

test('a folder that cannot be made is an error of one line', async () => {
  const state = join(folder({ file: '' }), 'file', 'state');
  await assert.rejects(openVisitors(state, silent), (error: Error) => {
    assert.ok(error instanceof StateError);
    assert.match(error.message, /^the visitor counter cannot be kept in .*--state names another folder$/);
    return true;
  });
  assert.ok(!existsSync(state));
});

test('a number counts as recorded only after a sync', async () => {
  const file = new VisitorFile(folder());
  await file.open();
  const anyHandle = await open(file.path, 'r');
  const datasync = mock.method(Object.getPrototypeOf(anyHandle), 'datasync', () => {
    throw new Error('disk failure');
  });
  await assert.rejects(file.record(1), /disk failure/);
  datasync.mock.restore();
  await file.record(2);
  await file.close();
  await anyHandle.close();
});
