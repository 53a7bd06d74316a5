import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Port } from '../../src/line/port.ts';
import { SlipLine } from '../../src/line/slip-line.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const END = 0xc0;

/** A port that takes nothing until told so. */
class FakePort implements Port {
  isOpen = true;
  pending = 0;
  readonly written: Uint8Array[] = [];
  onBytes: (bytes: Uint8Array) => void = () => {};
  onTaken = () => {};
  onOpen = () => {};
  onLost: (reason: string) => void = () => {};
  onRefused: (reason: string) => void = () => {};
  async close() {}

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
    this.pending++;
  }

  take(count = this.pending): void {
    this.pending -= count;
    this.onTaken();
  }

  lose(reason: string): void {
    this.isOpen = false;
    this.pending = 0;
    this.onLost(reason);
  }

  reopen(): void {
    this.isOpen = true;
    this.onOpen();
  }
}

function lineAt(baud: number) {
  const clock = new VirtualClock();
  const port = new FakePort();
  const line = new SlipLine(port, { baud, clock });
  const received: number[] = [];
  const readyAt: number[] = [];
  const dropped: string[] = [];
  line.onDatagram = (datagram) => received.push(datagram.length);
  line.onReady = () => readyAt.push(Number(clock.now().toFixed(3)));
  line.onDrop = (reason) => dropped.push(reason);
  return { clock, port, line, received, readyAt, dropped };
}

const datagram = (length: number) => new Uint8Array(length).fill(0x45);

test('line: the next datagram is asked for when 12 ms are still to be sent', () => {
  const { clock, port, line, readyAt } = lineAt(115_200);
  line.send(datagram(1150));
  port.take();
  assert.equal(line.ready, false);
  clock.runUntilIdle();
  assert.deepEqual(readyAt, [88], '1152 bytes are 100 ms');
  assert.equal(line.ready, true);
});

test('line: small datagrams are taken until 12 ms are to be sent', () => {
  const { line, port } = lineAt(115_200);
  let sent = 0;
  for (; line.ready; sent++) {
    line.send(datagram(40));
    port.take();
  }
  assert.equal(sent, 4, '42 + 3 * 41 bytes, against 138 in 12 ms');
});

test('line: escapes count, for they take time too', () => {
  const { clock, port, line, readyAt } = lineAt(115_200);
  line.send(new Uint8Array(575).fill(END));
  port.take();
  clock.runUntilIdle();
  assert.deepEqual(readyAt, [88]);
});

test('line: a transfer keeps the device busy without a gap, and never holds more than 12 ms and a datagram', () => {
  const { clock, port, line } = lineAt(115_200);
  line.onReady = () => {
    line.send(datagram(1500));
    port.take();
  };
  line.onReady();
  clock.advance(60_000);
  const bytes = port.written.reduce((sum, frame) => sum + frame.length, 0);
  const sent = 60 * 11_520;
  assert.ok(bytes >= sent, `${bytes} of ${sent}`);
  assert.ok(bytes <= sent + 139 + 1501, `${bytes} of ${sent}`);
});

test('line: timers of whole ms that fire early or late neither idle the line nor overfill it', () => {
  const { clock, port, line } = lineAt(115_200);
  const exact = clock.setTimeout.bind(clock);
  clock.setTimeout = (callback, ms) => exact(callback, Math.max(1, Math.trunc(ms)));
  line.onReady = () => {
    assert.ok(line.ready);
    line.send(datagram(296));
    port.take();
  };
  line.onReady();
  clock.advance(10_000);
  const bytes = port.written.reduce((sum, frame) => sum + frame.length, 0);
  assert.ok(bytes >= 10 * 11_520 && bytes <= 10 * 11_520 + 139 + 297, `${bytes}`);
});

test('line: a device that does not take what it is given has at most two datagrams outstanding', () => {
  const { clock, port, line, readyAt } = lineAt(2_000_000);
  line.send(datagram(1500));
  clock.advance(1000);
  assert.equal(line.ready, true);
  line.send(datagram(1500));
  clock.advance(1000);
  assert.equal(line.ready, false, 'however long ago they should have been sent');
  port.take(1);
  assert.equal(line.ready, true);
  assert.deepEqual(readyAt, [2000]);
});

test('line: unpaced, backpressure alone says when', () => {
  const { clock, port, line, readyAt } = lineAt(0);
  line.send(datagram(1500));
  line.send(datagram(1500));
  assert.equal(line.ready, false);
  clock.advance(1000);
  assert.deepEqual(readyAt, []);
  port.take(1);
  assert.deepEqual(readyAt, [1000]);
});

test('line: onReady is called once for each time that ready turns true', () => {
  const { clock, port, line, readyAt } = lineAt(115_200);
  port.take();
  assert.deepEqual(readyAt, [], 'it was ready from the start');
  line.send(datagram(1150));
  clock.advance(500);
  assert.deepEqual(readyAt, [88]);
  port.take();
  assert.deepEqual(readyAt, [88]);
});

test('line: what is sent while the line is not ready is dropped and counted, not queued', () => {
  const { clock, port, line, dropped } = lineAt(9600);
  line.send(datagram(1000));
  line.send(datagram(1000));
  port.take();
  clock.runUntilIdle();
  assert.equal(port.written.length, 1);
  assert.deepEqual(dropped, ['slip-not-ready']);
  assert.equal(line.counters['slip-not-ready'], 1);
});

test('line: nothing that was sent while the device was gone is sent when it is back', () => {
  const { clock, port, line, dropped, readyAt } = lineAt(9600);
  const events: string[] = [];
  line.onLost = (reason) => events.push(reason);
  line.onRestored = () => events.push('restored');
  line.send(datagram(1000));
  port.lose('unplugged');
  assert.deepEqual([line.ready, line.isOpen], [false, false]);
  line.send(datagram(1000));
  clock.advance(5);
  port.reopen();
  assert.deepEqual(events, ['unplugged', 'restored']);
  assert.deepEqual(readyAt, [5], 'what the old device still had to send holds nothing back');
  assert.equal(line.ready, true);
  assert.equal(port.written.length, 1);
  assert.deepEqual(dropped, ['slip-closed']);
});

test('line: half a frame from before the device was gone does not spoil the first one after it', () => {
  const { port, line, received } = lineAt(9600);
  port.onBytes(datagram(30));
  port.lose('unplugged');
  port.reopen();
  port.onBytes(datagram(40));
  port.onBytes(Uint8Array.of(END));
  assert.deepEqual(received, [40]);
  assert.equal(line.counters['bytes-received'], 71);
});

test('line: after idle an END goes in front, in a row of frames it does not', () => {
  const { clock, port, line } = lineAt(115_200);
  for (let i = 0; i < 2; i++) line.send(datagram(40));
  port.take();
  clock.advance(100);
  line.send(datagram(40));
  assert.deepEqual(
    port.written.map((frame) => frame.length),
    [42, 41, 42],
  );
  assert.equal(port.written[2]![0], END);
  assert.equal(line.counters['bytes-sent'], 125);
  assert.equal(line.counters['frames-sent'], 3);
});

test('line: empty frames are ignored, tiny ones counted', () => {
  const { port, line, received, dropped } = lineAt(115_200);
  port.onBytes(Uint8Array.of(END, END, END, 0x60, END));
  port.onBytes(datagram(19));
  port.onBytes(Uint8Array.of(END));
  port.onBytes(datagram(20));
  port.onBytes(Uint8Array.of(END));
  assert.deepEqual(received, [20]);
  assert.deepEqual(dropped, ['slip-tiny', 'slip-tiny']);
  assert.equal(line.counters['slip-tiny'], 2);
});

test('line: every refusal of the decoder is counted, with the bytes it had', () => {
  const { port, line } = lineAt(115_200);
  const dropped: [string, number, string][] = [];
  line.onDrop = (reason, bytes, bound) => dropped.push([reason, bytes.length, bound]);
  port.onBytes(Uint8Array.of(1, 2, 3, 0xdb, END));
  port.onBytes(new Uint8Array(5000));
  assert.deepEqual(dropped, [
    ['slip-escape', 3, 'in'],
    ['slip-oversize', 4096, 'in'],
  ]);
  assert.equal(line.counters['slip-escape'], 1);
});

test('line: what cannot be sent is counted, with its bytes', () => {
  const { port, line } = lineAt(115_200);
  const dropped: [string, number, string][] = [];
  line.onDrop = (reason, bytes, bound) => dropped.push([reason, bytes.length, bound]);
  line.send(datagram(1000));
  line.send(datagram(100));
  port.lose('unplugged');
  line.send(datagram(50));
  assert.deepEqual(dropped, [
    ['slip-not-ready', 100, 'out'],
    ['slip-closed', 50, 'out'],
  ]);
});

test('line: the speed may change while it runs', () => {
  const { clock, port, line, readyAt } = lineAt(115_200);
  line.baud = 9600;
  assert.equal(line.baud, 9600);
  line.send(datagram(94));
  port.take();
  clock.runUntilIdle();
  assert.deepEqual(readyAt, [88], '96 bytes at 9600 are 100 ms');
});
