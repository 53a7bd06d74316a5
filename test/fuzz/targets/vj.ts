import assert from 'node:assert/strict';
import { Framing } from '../../../src/line/framing.ts';
import { LARGEST_FRAME } from '../../../src/line/slip.ts';
import { LONGEST_HEADER } from '../../../src/line/vj.ts';
import { write16 } from '../../../src/wire/bytes.ts';
import { IPV4_HEADER_LENGTH } from '../../../src/wire/ipv4.ts';
import { Flag } from '../../../src/wire/tcp.ts';
import { repairChecksum } from '../../support/datagram.ts';
import { hex, type Packet, PLAIN, packet } from '../../support/vj.ts';
import { Input } from '../input.ts';

const OPTIONS: Packet['options'][] = [{}, { timestamps: { value: 1, echo: 2 } }, { sack: [1, 2] }];

/** Whatever frames come, no datagram is made up; and every datagram comes out as it went in. */
export function fuzz(bytes: Uint8Array): void {
  const input = new Input(bytes);
  if (input.byte() % 2 === 0) takeFrames(input);
  else carryDatagrams(input);
}

/** A peer sends what it likes between our own segments. */
function takeFrames(input: Input): void {
  const mode = input.pick(['auto', 'slip', 'cslip'] as const);
  let drops = 0;
  const framing = new Framing(mode, () => void drops++ as undefined);
  while (!input.ended) {
    const frame = input.take(1 + input.byte() * 2);
    if (frame.length === 0) return;
    const before = drops;
    const compressed = frame[0]! >= 0x80;
    const datagram = framing.unwrap(frame);
    assert.equal(drops - before, datagram ? 0 : 1, 'a frame is either taken or refused for one reason');
    if (datagram) checkDatagram(datagram, compressed);
    framing.wrap(packet());
  }
}

function checkDatagram(datagram: Uint8Array, compressed: boolean): void {
  assert.ok(datagram.length >= IPV4_HEADER_LENGTH && datagram.length <= LONGEST_HEADER + LARGEST_FRAME);
  assert.equal(datagram[0]! >> 4, 4);
  if (compressed) assert.equal(datagram[2]! * 256 + datagram[3]!, datagram.length, 'its total length');
}

/** What one end compresses the other restores, as long as nothing is lost. */
function carryDatagrams(input: Input): void {
  const refuse = (reason: string) => assert.fail(`refused: ${reason}`);
  const near = new Framing('cslip', refuse);
  const far = new Framing('auto', refuse);
  const last = new Map<number, Packet>();
  while (!input.ended) {
    const datagram = input.byte() % 4 === 0 ? roughDatagram(input) : segment(input, last);
    const sent = near.wrap(datagram);
    assert.ok(sent.length <= datagram.length, 'compression makes it longer');
    assert.equal(hex(far.unwrap(sent.slice())), hex(datagram));
  }
}

/** A datagram of any bytes whose header is sound as IPv4 has it. */
function roughDatagram(input: Input): Uint8Array {
  const bytes = new Uint8Array(Math.max(IPV4_HEADER_LENGTH, input.byte()));
  bytes.set(packet().subarray(0, bytes.length));
  for (let hits = input.byte() % 16; hits > 0; hits--) bytes[input.byte() % bytes.length] = input.byte();
  bytes[0] = 0x40 | (bytes[0]! & 15);
  if (input.byte() % 2 === 0) write16(bytes, 2, bytes.length);
  repairChecksum(bytes);
  return bytes;
}

/** The next segment of one of the connections, a step away from the one before it. */
function segment(input: Input, last: Map<number, Packet>): Uint8Array {
  const sourcePort = input.byte() % 20;
  const before = last.get(sourcePort) ?? { ...PLAIN, seq: -200, ack: -700, sourcePort };
  const step = () => input.pick([0, 0, 1, before.text as number, input.number16(), -1, 65_535, 65_536]);
  const next: Packet = {
    ...before,
    seq: (before.seq + step()) | 0,
    ack: (before.ack + step()) | 0,
    window: (before.window + step()) & 0xffff,
    id: (before.id + input.pick([1, 1, 0, 2, input.number16()])) & 0xffff,
    flags: input.pick([Flag.ACK, Flag.ACK, Flag.ACK | Flag.PSH, Flag.ACK | Flag.URG, input.byte()]),
    urgent: input.pick([0, 0, 1, input.number16()]),
    text: input.pick([0, 0, 1, 100, 256, input.byte()]),
    options: input.pick(OPTIONS),
    ttl: input.pick([64, 64, 63]),
    tos: input.pick([0, 0, 0, 16]),
  };
  last.set(sourcePort, next);
  return packet(next);
}
