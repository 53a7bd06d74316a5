import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { pino } from 'pino';
import { replaceFile } from '../../src/web/durable-file.ts';
import { DurableTally } from '../../src/web/durable-tally.ts';
import { Tally } from '../../src/web/tally.ts';
import { openVisitors, TransientVisitors } from '../../src/web/visitors.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { folder, turnsUntil } from '../support/web.ts';

const NOON = Date.UTC(2004, 5, 14, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const visitsOf = (periods: { visits: number }[]) => periods.map(({ visits }) => visits);

test('visits are told apart by hour and by day, the oldest first', () => {
  const tally = new Tally();
  for (const time of [NOON - DAY, NOON - HOUR, NOON - 1, NOON, NOON + 59 * MINUTE]) tally.add('/', time);
  assert.deepEqual(visitsOf(tally.hours(3, NOON + 30 * MINUTE)), [0, 2, 2]);
  assert.deepEqual(visitsOf(tally.hours(3, NOON + HOUR)), [2, 2, 0], 'an hour later');
  assert.deepEqual(visitsOf(tally.days(3, NOON)), [0, 1, 4]);
  assert.deepEqual(tally.hours(2, NOON)[0]!.start, new Date('2004-06-14T11:00:00Z'));
  assert.deepEqual(tally.days(1, NOON)[0]!.start, new Date('2004-06-14T00:00:00Z'));
});

test('of years of visits to no end of pages a bounded record is kept, and no visit to a page is left out', () => {
  const tally = new Tally();
  for (let hour = 0; hour < 5 * 366 * 24; hour++) tally.add(`/page/${hour}`, NOON + hour * HOUR);
  const { hours, days, pages } = tally.toJSON();
  assert.deepEqual([hours.length, days.length, pages.length], [48, 366, 101]);
  assert.deepEqual(tally.pages()[0], { path: 'other pages', visits: 5 * 366 * 24 - 100 });
  tally.add('/page/7', NOON);
  assert.deepEqual(tally.pages()[1], { path: '/page/7', visits: 2 }, 'known pages still count');
});

test('a path longer than any page of note is not kept', () => {
  const tally = new Tally();
  for (const path of ['/short', `/${'long'.repeat(100)}`]) tally.add(path, NOON);
  assert.deepEqual(tally.pages(), [
    { path: '/short', visits: 1 },
    { path: 'other pages', visits: 1 },
  ]);
});

interface Opened {
  tally: DurableTally;
  clock: VirtualClock;
  log: string[];
}

async function open(state: string): Promise<Opened> {
  const log: string[] = [];
  const clock = new VirtualClock();
  const write = (line: string) => void log.push(line);
  return { tally: await DurableTally.open(state, pino({}, { write }), clock), clock, log };
}

const recordIn = (state: string) => JSON.parse(readFileSync(join(state, 'visits.json'), 'utf8'));

test('a tally is on disk a minute after a visit, and goes on from there after a restart', async () => {
  const state = folder();
  const { tally, clock } = await open(state);
  tally.add('/', NOON);
  tally.add('/about', NOON);
  clock.advance(MINUTE);
  await turnsUntil(() => readdirSync(state).includes('visits.json'));
  assert.deepEqual(recordIn(state).pages, [
    ['/', 1],
    ['/about', 1],
  ]);
  tally.add('/', NOON);
  await tally.close();
  const again = (await open(state)).tally;
  assert.deepEqual(again.pages(), [
    { path: '/', visits: 2 },
    { path: '/about', visits: 1 },
  ]);
  assert.deepEqual(visitsOf(again.hours(1, NOON)), [3]);
  assert.equal(clock.next, Infinity, 'nothing more is to be written');
});

const DAMAGED = ['', '{"hours":[[490', 'null', '{}', '{"hours":[],"days":[[1,-1]],"pages":[]}', '[]'];
for (const content of DAMAGED) {
  test(`a file that holds ${content || 'nothing'} is kept aside, said in the log, and counting begins anew`, async () => {
    const state = folder({ 'visits.json': content });
    const { tally, log } = await open(state);
    assert.match(log.join(), /begin anew/);
    const aside = readdirSync(state).find((file) => file.startsWith('visits.json.damaged-'));
    assert.equal(readFileSync(join(state, aside!), 'utf8'), content);
    tally.add('/', NOON);
    await tally.close();
    assert.deepEqual((await open(state)).tally.pages(), [{ path: '/', visits: 1 }]);
  });
}

test('what the disk refuses is said once, and written when it takes it', async () => {
  const state = folder();
  const { tally, clock, log } = await open(state);
  const inTheWay = join(state, 'visits.json.new');
  mkdirSync(join(inTheWay, 'full'), { recursive: true });
  for (let minute = 0; minute < 3; minute++) {
    tally.add('/', NOON);
    clock.advance(MINUTE);
  }
  await turnsUntil(() => log.length > 0);
  rmdirSync(join(inTheWay, 'full'));
  rmdirSync(inTheWay);
  tally.add('/', NOON);
  await tally.close();
  assert.equal(log.length, 1);
  assert.match(log[0]!, /cannot be written/);
  assert.deepEqual(recordIn(state).pages, [['/', 4]]);
});

test('a write that was torn by a kill leaves the record before it', async () => {
  const state = folder();
  const { tally } = await open(state);
  tally.add('/', NOON);
  await tally.close();
  writeFileSync(join(state, 'visits.json.new'), '{"hours":[[49');
  const { tally: again, log } = await open(state);
  assert.deepEqual(again.pages(), [{ path: '/', visits: 1 }]);
  assert.deepEqual(log, []);
});

test('a file is replaced only by one that is on disk, and nothing is left of one that could not be', async () => {
  const root = folder({ file: 'old' });
  const path = join(root, 'file');
  const anyHandle = await openFile(path, 'r');
  const sync = mock.method(Object.getPrototypeOf(anyHandle), 'sync', () => {
    throw new Error('disk failure');
  });
  await assert.rejects(replaceFile(path, 'new'), /disk failure/);
  assert.deepEqual(readdirSync(root), ['file']);
  assert.equal(readFileSync(path, 'utf8'), 'old');
  sync.mock.restore();
  await replaceFile(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new');
  await anyHandle.close();
});

test('visitors are tallied as they are counted, and so they are after a restart', async () => {
  const state = folder();
  const silent = pino({ level: 'silent' });
  const visitors = await openVisitors(state, silent);
  await visitors.next('/');
  await visitors.close();
  const again = await openVisitors(state, silent);
  await again.close();
  assert.deepEqual(again.tally.pages(), [{ path: '/', visits: 1 }]);
  const transient = new TransientVisitors();
  await transient.next('/about');
  assert.deepEqual(transient.tally.pages(), [{ path: '/about', visits: 1 }]);
});

test('after days of a clock that was years ahead, the hours and days of now are kept all the same', () => {
  const tally = new Tally();
  const now = Date.UTC(2026, 10, 24, 12);
  for (let hour = 0; hour < 24 * 400; hour++) tally.add('/', Date.UTC(2099, 0, 1, hour));
  for (let hour = 0; hour < 48; hour++) tally.add('/', now + hour * 3_600_000);
  const end = now + 47 * 3_600_000;
  assert.deepEqual(
    tally.hours(48, end).map(({ visits }) => visits),
    Array(48).fill(1),
  );
  assert.deepEqual(
    tally.days(3, end).map(({ visits }) => visits),
    [12, 24, 12],
  );
});

test('a clock that goes back counts into the hours that it shows, and nothing is lost of those', () => {
  const tally = new Tally();
  const then = Date.UTC(2038, 0, 19, 3, 14, 8);
  for (const time of [then, 0, then, 2 ** 32 * 1000]) tally.add('/', time);
  assert.equal(tally.hours(1, then)[0]!.visits, 2);
  assert.equal(tally.days(1, 0)[0]!.visits, 1);
  assert.equal(tally.days(1, 2 ** 32 * 1000)[0]!.visits, 1);
});
