import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualLine, type VirtualLineOptions } from '../../src/line/virtual-line.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** A line whose end `b` notes what arrives and when; `a.onReady` sends `pump` datagrams of `size` bytes. */
function virtualLine(options: VirtualLineOptions = {}) {
  const clock = new VirtualClock();
  const line = new VirtualLine({ clock, ...options });
  const arrived: { at: number; bytes: Uint8Array }[] = [];
  line.b.onDatagram = (datagram) => arrived.push({ at: clock.now(), bytes: datagram.slice() });
  const pump = (count: number, size: number) => {
    let next = 0;
    line.a.onReady = () => {
      while (line.a.ready && next < count) line.a.send(numbered(next++, size));
    };
    line.a.onReady();
    clock.runUntilIdle(100_000_000);
  };
  const numbers = () => arrived.map(({ bytes }) => bytes[1]! * 256 + bytes[2]!);
  return { clock, line, arrived, pump, numbers };
}

function numbered(number: number, size: number): Uint8Array {
  const datagram = new Uint8Array(size).fill(0x55);
  datagram.set([0x45, number >> 8, number & 255]);
  return datagram;
}

test('virtual line: a datagram arrives when its last byte has', () => {
  const { clock, line, arrived } = virtualLine();
  line.a.send(numbered(0, 1150));
  clock.runUntilIdle();
  assert.equal(arrived.length, 1);
  assert.ok(Math.abs(arrived[0]!.at - 100) < 0.01);
});

test('virtual line: both directions run at the line rate, at once', () => {
  const { clock, line } = virtualLine();
  for (const end of [line.a, line.b]) {
    end.onReady = () => {
      while (end.ready) end.send(numbered(0, 1500));
    };
    end.onReady();
  }
  clock.advance(10_000);
  for (const end of [line.a, line.b]) {
    const received = end.counters['bytes-received'];
    assert.ok(received > 115_200 - 1502 && received <= 115_200, `${received}`);
  }
});

test('virtual line: without a speed datagrams arrive at once, but never inside send', () => {
  const { clock, line, arrived } = virtualLine({ baud: 0 });
  for (let i = 0; i < 100; i++) line.a.send(numbered(i, 1500));
  assert.equal(arrived.length, 0);
  clock.advance(0);
  assert.equal(arrived.length, 100);
});

test('virtual line: a device slower than the pacing holds back, and what arrives is whole and fresh', () => {
  const { clock, line, pump, numbers, arrived } = virtualLine({ aToB: { baud: 9600 } });
  pump(20, 1500);
  assert.deepEqual(numbers(), [...Array(20).keys()]);
  assert.ok(Math.abs(clock.now() - (20 * 1502 * 10) / 9.6) < 200, `${clock.now()} ms`);
  assert.equal(line.a.counters['slip-not-ready'], 0);
  assert.ok(arrived.length === 20);
});

test('virtual line: the speed may change while it runs', () => {
  const { line, pump, clock } = virtualLine({ baud: 9600 });
  line.baud = 57_600;
  assert.equal(line.baud, 57_600);
  pump(10, 574);
  assert.ok(Math.abs(clock.now() - 1000) < 5, `${clock.now()}`);
});

test('virtual line: the same seed gives the same faults, another one others', () => {
  const options = {
    aToB: { errorRate: 1e-4, dropRate: 1e-4, loss: 0.05, reordering: 0.1, duplication: 0.1 },
  };
  const outcome = (seed: number) => {
    const { pump, arrived } = virtualLine({ ...options, seed });
    pump(100, 500);
    return arrived.map(({ at, bytes }) => `${at} ${Buffer.from(bytes).toString('hex')}`);
  };
  assert.deepEqual(outcome(7), outcome(7));
  assert.notDeepEqual(outcome(7), outcome(8));
});

test('virtual line: bit errors come at their rate', () => {
  const { pump, arrived } = virtualLine({ aToB: { errorRate: 1e-4 } });
  pump(2000, 1000);
  let [wrong, bits] = [0, 0];
  for (const { bytes } of arrived) {
    if (bytes.length !== 1000) continue;
    bits += 8 * 997;
    for (const byte of bytes.subarray(3)) wrong += ones(byte ^ 0x55);
  }
  assert.ok(wrong > 0.8e-4 * bits && wrong < 1.2e-4 * bits, `${wrong} of ${bits}`);
});

test('virtual line: lost bytes come at their rate', () => {
  const { line, pump } = virtualLine({ aToB: { dropRate: 1e-3 } });
  pump(1000, 1000);
  const lost = 1 - line.b.counters['bytes-received'] / line.a.counters['bytes-sent'];
  assert.ok(lost > 0.8e-3 && lost < 1.2e-3, `${lost}`);
});

test('virtual line: a burst spoils many bytes in a row', () => {
  const { pump, arrived } = virtualLine({ aToB: { burstRate: 1e-4, burstLength: 100 } });
  pump(100, 1000);
  const damaged = arrived.map(({ bytes }) => bytes.subarray(3).filter((byte) => byte !== 0x55).length);
  assert.ok(Math.max(...damaged) > 50);
  assert.ok(damaged.filter((count) => count === 0).length > 50);
});

test('virtual line: frames are lost, doubled and overtaken', () => {
  const lossy = virtualLine({ aToB: { loss: 0.1 } });
  lossy.pump(1000, 100);
  assert.ok(lossy.arrived.length > 850 && lossy.arrived.length < 950, `${lossy.arrived.length}`);

  const doubling = virtualLine({ aToB: { duplication: 0.1 } });
  doubling.pump(1000, 100);
  assert.ok(doubling.arrived.length > 1050 && doubling.arrived.length < 1150);

  const reordering = virtualLine({ aToB: { reordering: 0.1 } });
  reordering.pump(1000, 100);
  const numbers = reordering.numbers();
  assert.equal(numbers.length, 1000);
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    [...Array(1000).keys()],
  );
  assert.ok(numbers.some((number, i) => number < numbers[i - 1]!));
});

test('virtual line: a delay is added to the time of sending', () => {
  const { clock, line, arrived } = virtualLine({ aToB: { delay: 300 } });
  line.a.send(numbered(0, 1150));
  clock.runUntilIdle();
  assert.ok(Math.abs(arrived[0]!.at - 400) < 0.01);
});

test('virtual line: what crosses a cut cable is lost, and what is sent after it is mended arrives', () => {
  const { clock, line, numbers } = virtualLine();
  line.aToB.cut = true;
  line.a.send(numbered(1, 40));
  clock.advance(1000);
  line.aToB.cut = false;
  line.a.send(numbered(2, 40));
  clock.advance(1000);
  assert.deepEqual(numbers(), [2]);
});

test('virtual line: an hour passes in seconds', () => {
  const { line, pump } = virtualLine();
  const start = performance.now();
  pump(27_000, 1500);
  assert.equal(line.b.counters['frames-received'], 27_000);
  assert.ok(performance.now() - start < 20_000);
});

test('virtual line: a closed end neither sends nor receives', async () => {
  const { clock, line, arrived } = virtualLine();
  line.a.send(numbered(0, 40));
  await line.b.close();
  clock.advance(100);
  assert.equal(arrived.length, 0);
  assert.equal(line.b.ready, false);
});

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length;
}
