import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusOf } from '../../src/admin/status.ts';
import { drawStatus } from '../../src/cli/status-screen.ts';
import { daemonView, lineView } from '../support/admin.ts';

const counters = {
  ...{ 'bytes-received': 12_345, 'bytes-sent': 1_234_567, datagramsIn: 120, datagramsOut: 900 },
  ...{ segmentsOut: 890, retransmissions: 12, roundTrips: 10, roundTripTime: 985 },
  ...{ 'slip-type': 2, 'tcp-old-duplicate': 1088, 'tcp-paws': 0 },
};
const memory = { rss: 61_234_567, heapUsed: 12_345_678 };

test('the page tells what each line does', () => {
  const status = { ...statusOf(daemonView(lineView({ counters }))), pid: 4321, memory };
  assert.deepEqual(drawStatus(status, 80), [
    'phpstack-ts 1.2.3, up 1 hour 2 minutes, 13,157 visitors',
    'process 4321, heap 12.3 MB, memory 61.2 MB, capture off',
    '',
    '/dev/ttyS0, open: 192.168.7.2 to 192.168.7.1, 115200 bps, MTU 1500',
    '  in           ██░░░░░░░░░░░░░░░░░░░░░░  10 % ▁▁',
    '  out          ████████████████████████ 100 % ▁█',
    '  bytes        12,345 in, 1,234,567 out',
    '  datagrams    120 in, 900 out',
    '  connections  3: ESTABLISHED 2, TIME-WAIT 1',
    '  round trip   99 ms',
    '  sent again   12 of 890 segments',
    '  refused      1,090: tcp-old-duplicate 1,088, slip-type 2',
  ]);
});

test('one visitor is one visitor', () => {
  const [first] = drawStatus(statusOf({ ...daemonView(lineView()), visitors: 1 }), 80);
  assert.match(first!, / 1 visitor$/);
});

test('it tells of a device that is away, and of a capture; two lines fit 24 rows, and any width will do', () => {
  const fresh = { counters: {}, connections: [], history: [] };
  const away = lineView({ ...fresh, baud: 0, isOpen: false, port: 'unix:/run/qemu.sock' });
  const view = { ...daemonView(lineView(), away), capture: '/tmp/x.pcapng' };
  const page = drawStatus(statusOf(view), 80);
  assert.ok(page.length <= 22);
  assert.match(
    page.join('\n'),
    /qemu\.sock, away: .*, unpaced, MTU 1500[\s\S]*round trip {3}not measured yet/,
  );
  assert.match(page.join('\n'), /capture \/tmp\/x\.pcapng/);
  for (const width of [1, 40, 200]) {
    assert.ok(drawStatus(statusOf(view), width).every((line) => line.length <= width));
  }
});
