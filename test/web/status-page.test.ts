import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { IP_DROP_REASONS } from '../../src/ip/counters.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { TCP_DROP_REASONS } from '../../src/tcp/counters.ts';
import type { Sample } from '../../src/web/line-history.ts';
import type { ServerStatus } from '../../src/web/values.ts';
import { Web } from '../support/web.ts';

const GZIP = { 'Accept-Encoding': 'gzip, deflate' };

/** Of a line at work. */
const history: Sample[] = Array.from({ length: 60 }, (_, i) => ({
  received: 600 + ((i * 37) % 11) * 20,
  sent: 6000 + ((i * 53) % 29) * 150,
  connections: 20 + ((i * 31) % 17),
  rtt: i % 13 === 0 ? undefined : 120 + ((i * 53) % 29) * 6,
}));
const connections = Array.from({ length: 200 }, (_, i) => ({
  state: 'ESTABLISHED',
  localPort: 80,
  remoteAddress: '192.168.7.1',
  remotePort: 49_152 + 37 * i,
  inFlight: 100 * i,
  unsent: 0,
  rtt: 100 + i,
}));
const BUSY: Partial<ServerStatus> = {
  history,
  connections,
  counters: { datagramsIn: 12_300, 'slip-type': 12, 'tcp-checksum': 0, 'tcp-old-duplicate': 88 },
};

async function statusPage(status: Partial<ServerStatus> = {}, query = ''): Promise<string> {
  const web = await Web.open({ status });
  return (await web.get(`/status${query}`)).body.toString();
}

/** What somebody reads who sees no plots. */
const textOf = (page: string) =>
  page.replace(/<style.*?<\/style>|<title>.*?<\/title>|<[^>]*>/gs, ' ').replace(/\s+/g, ' ');

test('visits to pages are plotted by hour and by day, and told by page', async () => {
  const web = await Web.open();
  for (let i = 0; i < 3; i++) await web.get('/');
  const page = (await web.get('/status?still')).body.toString();
  assert.match(textOf(page), /Visitors by hour \(UTC\): 3 in a day, at most 3\..*Oldest first: (0 ){21}/);
  assert.match(textOf(page), /Visitors by day \(UTC\): 3 in 30 days/);
  assert.match(page, /<th scope=row>\/<td>3/);
  assert.equal(page.match(/<svg class=bars/g)!.length, 2);
});

test('the line is plotted both ways, and so are round trips and connections, each with its words', async () => {
  const page = await statusPage(BUSY);
  assert.deepEqual(
    Array.from(page.matchAll(/<svg class=lines.*?<\/svg>/gs), ([svg]) => svg.match(/<path/g)!.length),
    [2, 1, 1],
  );
  const text = textOf(page);
  assert.match(text, /Line use: in ━ \d+ %, out ╍ \d+ %\. From 600 to 800 B\/s, last \d+ B\/s/);
  assert.match(text, /Round trip: 120 to 288 ms/);
  assert.match(text, /Connections: at most 200, now 200\./, 'as many as the table below it says');
});

test('before the first sample the page says when plots appear', async () => {
  assert.match(textOf(await statusPage()), /Plots of the line appear within ten seconds/);
});

test('what was refused has a bar for each reason, the largest first; nothing else is among it', async () => {
  const rows = (await statusPage(BUSY)).matchAll(/<th scope=row>([\w-]+)<td>(\d+)<td><svg class=bar/g);
  assert.deepEqual(
    Array.from(rows, ([, reason, count]) => [reason, count]),
    [
      ['tcp-old-duplicate', '88'],
      ['slip-type', '12'],
    ],
  );
});

test('every reason to refuse is known for one', async () => {
  const line = Object.keys(new VirtualLine().a.counters);
  const reasons = [
    ...IP_DROP_REASONS,
    ...TCP_DROP_REASONS,
    ...line.filter((name) => name.startsWith('slip-')),
  ];
  const page = await statusPage({ counters: Object.fromEntries(reasons.map((reason) => [reason, 1])) });
  assert.deepEqual(
    reasons.filter((reason) => !page.includes(`<th scope=row>${reason}<td>1<td><svg`)),
    [],
  );
});

test('it refreshes itself, less often where the line is slow; held still, it does not, and tells all counters', async () => {
  const refresh = (page: string) => page.match(/http-equiv=refresh content=(\d+)/)?.[1];
  assert.equal(refresh(await statusPage()), '10');
  assert.equal(refresh(await statusPage({ baud: 0 })), '10');
  assert.equal(refresh(await statusPage({ baud: 9600 })), '105');
  const still = await statusPage(BUSY, '?still');
  assert.equal(refresh(still), undefined);
  assert.match(still, /datagramsIn<td>12300/);
  assert.doesNotMatch(still, /tcp-checksum/);
});

test('a refresh of a busy server’s page takes at most a fortieth of the line', async () => {
  const { bytes, body } = await (await Web.open({ status: BUSY })).get('/status', GZIP);
  assert.ok(bytes <= (11_520 * 10) / 40, `${bytes} bytes`);
  assert.doesNotMatch(gunzipSync(body).toString(), /<script|<img|stylesheet|@import|src=/);
});
