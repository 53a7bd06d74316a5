import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Crowd } from '../support/crowd.ts';
import { Hosts } from '../support/hosts.ts';

const MINUTE = 60_000;

test('a hundred visitors at once, who come again and again, each get their page within 20 s', () => {
  const crowd = new Crowd({ patience: MINUTE });
  crowd.circle(100, MINUTE);
  crowd.clock.advance(MINUTE);
  assert.ok(crowd.rate(MINUTE) >= 7.2, `${crowd.rate(MINUTE)} pages a second`);
  for (const visit of crowd.visits) {
    const time = (visit.endedAt ?? crowd.clock.now()) - visit.startedAt;
    assert.ok(time <= 20_000, `a visit took ${time} ms: ${visit.outcome}`);
  }
});

test('under ten times the visitors that the line can carry, it goes on carrying pages', () => {
  const crowd = new Crowd();
  crowd.flock(70, MINUTE);
  crowd.clock.advance(MINUTE);
  assert.ok(crowd.rate(MINUTE) >= 5.5, `${crowd.rate(MINUTE)} pages a second`);
  crowd.clock.advance(20_000);
  const after = crowd.visit();
  crowd.clock.advance(5000);
  assert.equal(after.outcome, 'served');
});

/** Pages a second that a line of 115200 bps carries, with their headers, SYN-ACKs and last acknowledgments. */
function capacity(mtu: number, page: number): number {
  return 11_520 / (page + 42 * Math.ceil(page / (mtu - 40)) + 62 + 42);
}

for (const [mtu, page] of [
  [296, 1350],
  [1500, 6000],
  [1500, 12_000],
] as const) {
  test(`and so it does with pages of ${page} octets at an MTU of ${mtu}, for as long as they come`, () => {
    const crowd = new Crowd({ mtu });
    crowd.page = page;
    const most = capacity(mtu, page);
    crowd.flock(10 * most, 2 * MINUTE);
    for (const minute of ['first', 'second']) {
      crowd.clock.advance(MINUTE);
      const share = crowd.rate(MINUTE) / most;
      assert.ok(share >= 0.7, `${share} of what the line carries, in the ${minute} minute`);
    }
  });
}

test('downloads, however many came before, keep nobody from a page', () => {
  const crowd = new Crowd({ patience: 10 * MINUTE });
  crowd.page = 20_000;
  crowd.circle(4, 3 * MINUTE);
  crowd.clock.advance(4 * MINUTE);
  assert.ok(crowd.visits.length > 64 && crowd.visits.every(({ outcome }) => outcome === 'served'));
  crowd.page = 1_000_000;
  const downloads = Array.from({ length: 8 }, () => crowd.visit());
  crowd.clock.advance(MINUTE);
  crowd.page = 1350;
  const visit = crowd.visit();
  crowd.clock.advance(3000);
  assert.equal(visit.outcome, 'served');
  assert.ok(downloads.every(({ outcome }) => outcome === 'waiting'));
});

test('visits one after the other are as fast after a download as before it', () => {
  const crowd = new Crowd();
  const fiftyVisits = () => {
    const first = crowd.visits.length;
    const next = () =>
      void (crowd.visits.length < first + 50 && crowd.clock.setTimeout(() => crowd.visit(next), 0));
    next();
    crowd.clock.advance(10_000);
    const visits = crowd.visits.slice(first);
    assert.ok(visits.length === 50 && visits.every(({ outcome }) => outcome === 'served'));
    return visits.at(-1)!.endedAt! - visits[0]!.startedAt;
  };
  const before = fiftyVisits();
  crowd.page = 200_000;
  const download = crowd.visit();
  crowd.clock.advance(20_000);
  assert.equal(download.outcome, 'served');
  crowd.page = 1350;
  assert.equal(Math.round(fiftyVisits()), Math.round(before));
});

test('the application is told of each who begins to wait for the line, and of nobody else', () => {
  let told = 0;
  const hosts = new Hosts(128, { baud: 9600 }, { crowded: () => told++ });
  let answered = 0;
  while (hosts.arrives(answered + 1, {}).length > 0) answered++;
  assert.ok(answered > 0);
  assert.equal(told, 1);
  hosts.arrives(answered + 1, {});
  assert.equal(told, 1, 'the same once more');
  hosts.arrives(answered + 2, {});
  assert.equal(told, 2);
});

test('it is told of those, too, for whom there is no connection', () => {
  let told = 0;
  const hosts = new Hosts(128, { maxConnections: 1 }, { deferAccept: true, crowded: () => told++ });
  hosts.open(1, Buffer.from('GET'));
  assert.equal(told, 0);
  hosts.open(2, Buffer.from('GET'));
  assert.ok(told > 0);
});
