import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DemoSnapshot, drawDemo, Meter, wishOf } from '../../src/cli/demo-screen.ts';

const SNAPSHOT: DemoSnapshot = {
  url: 'http://127.0.0.1:8080/',
  baud: 9600,
  errorRate: 1e-5,
  mtu: 296,
  toBrowser: [0, 0.5, 1],
  fromBrowser: [],
  connections: 3,
  visitor: 1234,
  retransmissions: 7,
  damaged: 5,
  log: ['GET / 200, 1234 bytes in 420 ms'],
};

test('the screen shows the line, both directions and what happened', () => {
  const lines = drawDemo(SNAPSHOT, 80);
  assert.deepEqual(
    lines.filter((line) => line.trim() !== ''),
    [
      'phpstack-ts demo: open http://127.0.0.1:8080/',
      '  speed 9600 bps    noise 1e-5 of the bits    MTU 296',
      '  to the browser    ████████████████████████ 100 % ▁▅█',
      '  from the browser  ░░░░░░░░░░░░░░░░░░░░░░░░   0 % ',
      '  connections 3    visitor 1234    retransmissions 7    damaged 5',
      '  GET / 200, 1234 bytes in 420 ms',
      '  left and right: speed    up and down: noise    q: quit',
    ],
  );
});

test('it has the same height whatever happened, and fits any width', () => {
  const busy = { ...SNAPSHOT, toBrowser: Array(500).fill(1), log: Array(50).fill('x'.repeat(300)) };
  for (const width of [1, 40, 80, 200]) {
    const lines = drawDemo(busy, width);
    assert.equal(lines.length, drawDemo(SNAPSHOT, width).length);
    assert.ok(lines.every((line) => line.length <= width));
  }
});

test('keys change speed and noise within bounds', () => {
  const now = { baud: 115_200, errorRate: 0 };
  assert.deepEqual(wishOf('\x1b[C', now), { baud: 230_400 });
  assert.deepEqual(wishOf('\x1b[D', now), { baud: 57_600 });
  assert.deepEqual(wishOf('\x1b[D', { ...now, baud: 300 }), { baud: 300 });
  assert.deepEqual(wishOf('\x1b[C', { ...now, baud: 921_600 }), { baud: 921_600 });
  assert.deepEqual(wishOf('\x1b[C', { ...now, baud: 14_400 }), { baud: 19_200 });
  assert.deepEqual(wishOf('\x1b[A', now), { errorRate: 1e-6 });
  assert.deepEqual(wishOf('\x1b[B', { ...now, errorRate: 1e-6 }), { errorRate: 0 });
  assert.deepEqual([wishOf('q', now), wishOf('\x03', now), wishOf('x', now)], ['quit', 'quit', undefined]);
});

test('a burst that was handed over at once is spread over the time that it takes', () => {
  const meter = new Meter(4);
  for (const total of [0, 250, 250, 250, 250, 300]) meter.tick(total, 100);
  assert.deepEqual(meter.shares, [1, 0.5, 0, 0.5]);
});
