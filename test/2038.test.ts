import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { pino } from 'pino';
import { packetBlock } from '../src/line/pcapng.ts';
import { VisitorFile } from '../src/web/visitor-file.ts';
import { openVisitors } from '../src/web/visitors.ts';
import { folder, Web } from './support/web.ts';

/** When seconds since 1970 need a 32nd bit, and a 33rd. */
const OVERFLOWS = [2 ** 31 * 1000, 2 ** 32 * 1000];
const DAY = 86_400_000;
const silent = pino({ level: 'silent' });

for (const overflow of OVERFLOWS) {
  const year = new Date(overflow).getUTCFullYear();

  test(`in ${year} pages tell the date, and visits are counted by day across it`, async () => {
    const site = folder({
      'index.eta': '<%= it.time.toISOString() %> <%= it.visits.days(2).map((day) => day.visits) %>',
    });
    mock.timers.enable({ apis: ['Date'], now: overflow - 1000 });
    try {
      const web = await Web.open({ site });
      const page = async () => String((await web.get('/')).body);
      assert.equal(await page(), `${new Date(overflow - 1000).toISOString()} 0,1`);
      mock.timers.setTime(overflow + 1000);
      assert.equal(await page(), `${new Date(overflow + 1000).toISOString()} 0,2`);
      mock.timers.setTime(overflow + DAY);
      assert.equal(await page(), `${new Date(overflow + DAY).toISOString()} 2,1`);
    } finally {
      mock.timers.reset();
    }
  });

  test(`a file changed in ${year} is sent, and not again to who has it`, async () => {
    const site = folder({ 'a.txt': 'a page' });
    utimesSync(join(site, 'a.txt'), overflow / 1000, overflow / 1000);
    const web = await Web.open({ site });
    const ask = async (seconds: number, header = 'If-Modified-Since') =>
      (await web.get('/a.txt', { [header]: new Date(overflow + seconds * 1000).toUTCString() })).status;
    assert.deepEqual([await ask(-1), await ask(0), await ask(1)], [200, 304, 304]);
    assert.deepEqual([await ask(-1, 'If-Unmodified-Since'), await ask(0, 'If-Unmodified-Since')], [412, 200]);
  });

  test(`a capture made in ${year} has its time in both halves`, () => {
    for (const time of [overflow - 1, overflow, overflow + 0.125]) {
      const block = packetBlock({ bytes: new Uint8Array(4), interface: 0, time, direction: 1, comments: [] });
      const [high, low] = [block.readUInt32LE(12), block.readUInt32LE(16)];
      assert.equal(BigInt(high) * 2n ** 32n + BigInt(low), BigInt(time * 1000));
    }
  });
}

for (const bits of [31, 32]) {
  test(`visitor 2^${bits} is counted, shown and kept`, async () => {
    const state = folder();
    const file = new VisitorFile(state);
    await file.open();
    await file.record(2 ** bits - 2);
    await file.close();
    const site = folder({ 'index.eta': '<%= it.visitor.number %>' });
    const web = await Web.open({ site, state });
    for (const number of [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
      assert.equal(String((await web.get('/')).body), String(number));
    await web.visitors.close();
    const visitors = await openVisitors(state, silent);
    assert.equal(visitors.count, 2 ** bits + 1);
    await visitors.close();
  });
}
