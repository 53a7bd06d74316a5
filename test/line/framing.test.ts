import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Framing, type FramingMode } from '../../src/line/framing.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { hex, packet } from '../support/vj.ts';

function framing(mode: FramingMode) {
  const dropped: string[] = [];
  return { framing: new Framing(mode, (reason) => void dropped.push(reason)), dropped };
}

/** What a peer that compresses from the start sends. */
const compressing = () => framing('cslip').framing;
const next = (n: number) => packet({ ack: 5000 + n, id: 7 + n });
const kinds = (frames: Uint8Array[]) => frames.map((frame) => frame[0]! >> 4);

test('framing: slip never compresses, and counts frames of a peer that does', () => {
  const { framing: slip, dropped } = framing('slip');
  const peer = compressing();
  for (const n of [0, 1]) assert.equal(slip.unwrap(peer.wrap(next(n)).slice()), undefined);
  assert.deepEqual(dropped, ['slip-compressed', 'slip-compressed']);
  assert.deepEqual(kinds([slip.wrap(next(0)), slip.wrap(next(1))]), [4, 4]);
});

test('framing: cslip compresses from the start', () => {
  const cslip = compressing();
  assert.deepEqual(kinds([cslip.wrap(next(0)), cslip.wrap(next(1))]), [7, 8]);
});

test('framing: auto understands both, and compresses as soon as the peer has', () => {
  const { framing: auto, dropped } = framing('auto');
  assert.equal(hex(auto.unwrap(next(0))), hex(next(0)));
  assert.deepEqual(kinds([auto.wrap(next(0)), auto.wrap(next(1))]), [4, 4]);
  const peer = compressing();
  for (const n of [0, 1]) assert.equal(hex(auto.unwrap(peer.wrap(next(n)).slice())), hex(next(n)));
  assert.equal(auto.compresses, true);
  assert.deepEqual(kinds([auto.wrap(next(2)), auto.wrap(next(3))]), [7, 8]);
  assert.deepEqual(dropped, []);
});

test('framing: auto stops when the peer sends plainly what it could have compressed', () => {
  const { framing: auto } = framing('auto');
  auto.unwrap(compressing().wrap(next(0)).slice());
  auto.wrap(next(0));
  auto.unwrap(packet({ flags: 2 }));
  assert.equal(auto.compresses, true, 'a SYN is always plain');
  auto.unwrap(next(1).with(20, 99).with(10, 0));
  assert.equal(auto.compresses, true, 'a damaged header says nothing');
  auto.unwrap(next(1));
  assert.equal(auto.compresses, false);
  auto.unwrap(compressing().wrap(next(2)).slice());
  assert.deepEqual(kinds([auto.wrap(next(1))]), [7], 'and begins anew');
});

test('framing: noise that looks compressed does not make auto compress', () => {
  const { framing: auto, dropped } = framing('auto');
  auto.unwrap(next(0).with(0, 0xc5));
  auto.unwrap(next(0).with(0, 0x75).with(12, 1));
  auto.unwrap(Uint8Array.of(0x8f, 1, 2));
  assert.equal(auto.compresses, false);
  assert.deepEqual(dropped, ['slip-vj-header', 'slip-vj-header', 'slip-vj-toss']);
});

test('framing: frames of no known type are counted, short ones as tiny', () => {
  const { framing: auto, dropped } = framing('auto');
  for (const frame of [[0x60], [0x45, 1, 2], new Uint8Array(40).fill(0x60), new Uint8Array(30)]) {
    assert.equal(auto.unwrap(Uint8Array.from(frame)), undefined);
  }
  assert.deepEqual(dropped, ['slip-tiny', 'slip-tiny', 'slip-type', 'slip-type']);
});

test('framing: a frame refused by SLIP makes the receiver toss what may lean on it', () => {
  const { framing: auto, dropped } = framing('auto');
  const peer = compressing();
  auto.unwrap(peer.wrap(next(0)).slice());
  auto.lost();
  assert.equal(auto.unwrap(peer.wrap(next(1)).slice()), undefined);
  assert.deepEqual(dropped, ['slip-vj-toss']);
});

test('framing: a transfer over a compressed line costs three bytes of header a segment', () => {
  const clock = new VirtualClock();
  const line = new VirtualLine({ clock, framing: 'cslip' });
  const received: (string | undefined)[] = [];
  line.b.onDatagram = (datagram) => received.push(hex(datagram));
  const sent: Uint8Array[] = [];
  line.a.onReady = () => {
    while (line.a.ready && sent.length < 20) {
      const n = sent.push(packet({ seq: sent.length * 500, id: sent.length, text: 500 }));
      line.a.send(sent[n - 1]!);
    }
  };
  line.a.onReady();
  clock.runUntilIdle();
  assert.deepEqual(received, sent.map(hex));
  const { counters } = line.a;
  assert.equal(counters['frames-compressed-sent'], 19);
  assert.equal(line.b.counters['frames-compressed-received'], 19);
  const header = 3 + 1;
  const escapes = counters['bytes-sent'] - (1 + 541 + 19 * (header + 500));
  assert.ok(escapes >= 0 && escapes < 20, `${escapes} more than expected`);
});
