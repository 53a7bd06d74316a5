import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VjCompressor } from '../../src/line/vj-compressor.ts';
import { checksum, sum16 } from '../../src/wire/checksum.ts';
import { Protocol } from '../../src/wire/ipv4.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { hex, type Packet, packet, receiver } from '../support/vj.ts';

/** What a packet has become: IP, uncompressed with its slot, or the compressed header in hex, its checksum as '....'. */
function kind(sent: Uint8Array, original: Uint8Array, headerLength = 40): string {
  if (sent[0]! < 0x70) return 'ip';
  if (sent[0]! < 0x80) return `uncompressed ${sent[9]}`;
  const head = hex(sent.subarray(0, sent.length - (original.length - headerLength)))!;
  const checksumAt = sent[0]! & 0x40 ? 4 : 2;
  assert.equal(head.slice(checksumAt, checksumAt + 4), hex(original.subarray(36, 38)));
  return `${head.slice(0, checksumAt)}....${head.slice(checksumAt + 4)}`;
}

const text = 100;
const urgent = { flags: Flag.ACK | Flag.URG };
const timestamps = { value: 1, echo: 2 };
//   first packet          second packet                          the second is sent as   rule (RFC 1144 §3.2.3, §A.2)
const cases: [Partial<Packet>, Partial<Packet>, string, string][] = [
  [{ text }, { seq: 1100, id: 8, text }, '8f....', 'a transfer: three bytes'],
  [{ text }, { seq: 1100, id: 8, text: 7 }, '8f....', 'its last segment, of any length'],
  [{}, { ack: 5001, id: 8 }, '84....01', 'an acknowledgement'],
  [{}, { ack: 5255, id: 8 }, '84....ff', 'a change of 255 in one byte'],
  [{}, { ack: 5256, id: 8 }, '84....000100', 'a change of 256 in three'],
  [{}, { ack: 5000 + 65_535, id: 8 }, '84....00ffff', 'the largest change'],
  [{}, { ack: 5000 + 65_536, id: 8 }, 'uncompressed 0', 'a larger one is not compressed'],
  [{}, { ack: 4999, id: 8 }, 'uncompressed 0', 'nor an acknowledgment that goes back'],
  [{ text }, { seq: 999, id: 8, text }, 'uncompressed 0', 'nor a sequence number that goes back'],
  [{ ack: -3 }, { ack: 4, id: 8 }, '84....07', 'acknowledgments wrap'],
  [{ text, seq: -100 }, { text, seq: 0, id: 8 }, '8f....', 'sequence numbers wrap'],
  [{ text: 1 }, { seq: 1001, ack: 5001, id: 8, text: 1 }, '8b....', 'echoed typing: three bytes'],
  [{ text: 2 }, { seq: 1002, ack: 5001, id: 8, text: 1 }, '8c....0102', 'both change, but not alike'],
  [{ text: 2 }, { seq: 1004, id: 8, text: 1 }, '88....04', 'S alone, but not by the length of the text'],
  [{}, { window: 4100, id: 8 }, '82....64', 'a window that grows'],
  [{}, { window: 3999, id: 8 }, '82....00ffff', 'a window that shrinks'],
  [{}, { window: 4100, ack: 5002, id: 8 }, '86....6402', 'the window comes before the acknowledgment'],
  [{}, { id: 9, ack: 5001 }, 'a4....0102', 'an identification that does not count up by one'],
  [{}, { id: 7, ack: 5001 }, 'a4....01000000', 'one that stays'],
  [{}, { id: 6, ack: 5001 }, 'a4....0100ffff', 'one that goes back'],
  [{ id: 65_535 }, { id: 0, ack: 5001 }, '84....01', 'one that wraps'],
  [{ text }, { seq: 1100, id: 8, text, flags: Flag.ACK | Flag.PSH }, '9f....', 'PSH has its bit'],
  [{}, { id: 8, text }, '80....', 'text after an acknowledgement: nothing has changed'],
  [{}, { id: 8 }, 'uncompressed 0', 'the same acknowledgement again: packets may have been lost'],
  [{ text }, { id: 8, text }, 'uncompressed 0', 'a retransmission'],
  [{ text }, { id: 8 }, 'uncompressed 0', 'a probe or acknowledgement at the same place'],
  [{}, { ...urgent, urgent: 5, id: 8, ack: 5001 }, '85....0501', 'URG and its pointer'],
  [{}, { ...urgent, urgent: 0, id: 8, ack: 5001 }, '85....00000001', 'a pointer of zero takes three bytes'],
  [
    { ...urgent, urgent: 5 },
    { ...urgent, urgent: 5, id: 8, ack: 5001 },
    '85....0501',
    'a pointer is sent whole, not as a change',
  ],
  [{ ...urgent, urgent: 5 }, { urgent: 5, id: 8, ack: 5001 }, 'uncompressed 0', 'the end of URG'],
  [{ urgent: 5 }, { urgent: 6, id: 8, ack: 5001 }, 'uncompressed 0', 'a pointer that changes without URG'],
  [
    { text },
    { ...urgent, urgent: 1, window: 4001, seq: 1100, id: 8 },
    'uncompressed 0',
    'S, W and U at once would read as typing',
  ],
  [
    { text },
    { ...urgent, urgent: 1, window: 4001, seq: 1100, ack: 5001, id: 8 },
    'uncompressed 0',
    'S, A, W and U at once would read as a transfer',
  ],
  [{}, { flags: Flag.SYN, id: 8 }, 'ip', 'SYN'],
  [{}, { flags: Flag.SYN | Flag.ACK, id: 8 }, 'ip', 'SYN and ACK'],
  [{}, { flags: Flag.FIN | Flag.ACK, id: 8 }, 'ip', 'FIN'],
  [{}, { flags: Flag.RST | Flag.ACK, id: 8 }, 'ip', 'RST'],
  [{}, { flags: 0, id: 8 }, 'ip', 'no ACK'],
  [{}, { fragment: 0x2000, ack: 5001, id: 8 }, 'ip', 'a fragment'],
  [{}, { fragment: 0x0001, ack: 5001, id: 8 }, 'ip', 'the last fragment'],
  [{}, { fragment: 0x4000, ack: 5001, id: 8 }, 'uncompressed 0', 'DF that changes'],
  [{ fragment: 0x4000 }, { fragment: 0x4000, ack: 5001, id: 8 }, '84....01', 'DF that does not'],
  [{}, { ttl: 63, ack: 5001, id: 8 }, 'uncompressed 0', 'a TTL that changes'],
  [{}, { tos: 16, ack: 5001, id: 8 }, 'uncompressed 0', 'a type of service that changes'],
  [{}, { flags: Flag.ACK | 0x40, ack: 5001, id: 8 }, 'uncompressed 0', 'ECE, which RFC 1144 does not know'],
  [{}, { options: { timestamps }, ack: 5001, id: 8 }, 'uncompressed 0', 'TCP options that come'],
  [
    { options: { timestamps } },
    { options: { timestamps: { value: 2, echo: 2 } }, ack: 5001, id: 8 },
    'uncompressed 0',
    'TCP options that change',
  ],
  [
    { options: { timestamps } },
    { options: { timestamps }, ack: 5001, id: 8 },
    '84....01',
    'TCP options that stay',
  ],
  [{}, { sourcePort: 81, ack: 5001, id: 8 }, 'uncompressed 1', 'another connection'],
];

for (const [first, second, expected, rule] of cases) {
  test(`vj: ${rule}`, () => {
    const [one, two] = [packet(first), packet(second)];
    const compressor = new VjCompressor();
    const { receive } = receiver();
    const sentOne = compressor.compress(one);
    assert.equal(kind(sentOne, one), 'uncompressed 0');
    const sentTwo = compressor.compress(two);
    assert.equal(kind(sentTwo, two, second.options ? 52 : 40), expected);
    assert.equal(hex(receive(sentOne)), hex(one));
    assert.equal(hex(receive(sentTwo)), hex(two));
    assert.equal(hex(one), hex(packet(first)), 'what is compressed is not changed');
  });
}

test('vj: W, A and S at once have a mask of their own', () => {
  const compressor = new VjCompressor();
  const [one, two] = [packet({ text }), packet({ window: 4001, ack: 5002, seq: 1100, id: 8 })];
  compressor.compress(one);
  assert.equal(kind(compressor.compress(two), two), '8e....010264');
});

test('vj: the slot is named when the connection changes, and only then', () => {
  const compressor = new VjCompressor();
  const sent = [
    packet({ sourcePort: 80 }),
    packet({ sourcePort: 81 }),
    packet({ sourcePort: 81, ack: 5001, id: 8 }),
    packet({ sourcePort: 80, ack: 5001, id: 8 }),
    packet({ sourcePort: 80, ack: 5002, id: 9 }),
  ].map((original) => kind(compressor.compress(original), original));
  assert.deepEqual(sent, ['uncompressed 0', 'uncompressed 1', '84....01', 'c400....01', '84....01']);
});

test('vj: sixteen connections have a slot; the seventeenth takes that of the longest unused', () => {
  const compressor = new VjCompressor();
  const { receive } = receiver();
  const send = (port: number, ack: number, id: number) => {
    const original = packet({ sourcePort: port, ack, id });
    const sent = compressor.compress(original);
    assert.equal(hex(receive(sent)), hex(original));
    return kind(sent, original);
  };
  for (let port = 0; port < 16; port++) assert.equal(send(port, 1, 1), `uncompressed ${port}`);
  assert.equal(send(0, 2, 2), 'c400....01');
  assert.equal(send(99, 1, 1), 'uncompressed 1');
  assert.equal(send(0, 3, 3), 'c400....01');
  assert.equal(send(1, 2, 2), 'uncompressed 2');
});

test('vj: IP options are part of what must not change', () => {
  const withOption = (value: number, ack: number, id: number) => {
    const plain = packet({ ack, id });
    const bytes = new Uint8Array(plain.length + 4);
    bytes.set(plain.subarray(0, 20));
    bytes.set([1, 1, value, 0], 20);
    bytes.set(plain.subarray(20), 24);
    bytes[0] = 0x46;
    bytes[3] = bytes.length;
    bytes.set([0, 0], 10);
    const sum = checksum(sum16(bytes, 0, 0, 24));
    bytes.set([sum >> 8, sum & 255], 10);
    return bytes;
  };
  const compressor = new VjCompressor();
  const { receive } = receiver();
  const originals = [withOption(1, 1, 1), withOption(1, 2, 2), withOption(0, 3, 3)];
  const sent = originals.map((original) => compressor.compress(original));
  assert.deepEqual(
    sent.map((bytes) => bytes[0]! >> 4),
    [7, 8, 7],
  );
  assert.deepEqual(sent.map(receive).map(hex), originals.map(hex));
});

test('vj: what is not TCP, is malformed or is padded stays as it is', () => {
  const compressor = new VjCompressor();
  const udp = packet();
  udp[9] = Protocol.UDP;
  const shortTcpHeader = packet();
  shortTcpHeader[32] = 0x40;
  const longTcpHeader = packet();
  longTcpHeader[32] = 0xf0;
  const shortIpHeader = packet();
  shortIpHeader[0] = 0x44;
  const padded = new Uint8Array([...packet(), 0]);
  for (const bytes of [udp, shortTcpHeader, longTcpHeader, shortIpHeader, padded, new Uint8Array(0)]) {
    assert.equal(compressor.compress(bytes), bytes);
  }
});

//   bytes after an uncompressed packet in slot 0        why they are refused
const malformed: [number[], string][] = [
  [[0x80], 'no checksum'],
  [[0x80, 1], 'half a checksum'],
  [[0x84, 1, 2], 'no acknowledgment'],
  [[0x84, 1, 2, 0, 1], 'half a change of three bytes'],
  [[0xc0], 'no slot'],
  [[0xc0, 16, 1, 2], 'a slot that does not exist'],
  [[0xc0, 5, 1, 2], 'a slot that holds nothing'],
];

for (const [bytes, why] of malformed) {
  test(`vj: a compressed packet is refused for ${why}, and those that lean on it are tossed`, () => {
    const { receive, dropped } = receiver();
    receive(new VjCompressor().compress(packet()));
    assert.equal(receive(Uint8Array.from(bytes)), undefined);
    assert.equal(receive(Uint8Array.of(0x84, 1, 2, 3)), undefined);
    assert.deepEqual(dropped, ['slip-vj-header', 'slip-vj-toss']);
  });
}

test('vj: an uncompressed packet is refused for a slot that does not exist or a header that is damaged', () => {
  const good = new VjCompressor().compress(packet());
  for (const [at, value] of [
    [9, 16],
    [0, 0x74],
    [32, 0x40],
    [32, 0xf0],
    [16, 1],
  ] as const) {
    const { receive, dropped } = receiver();
    receive(good.with(at, value));
    assert.deepEqual(dropped, ['slip-vj-header'], `byte ${at}`);
  }
});

test('vj: a receiver that was reset tosses until it is told a header', () => {
  const compressor = new VjCompressor();
  const { decompressor, receive, dropped } = receiver();
  receive(compressor.compress(packet()));
  decompressor.reset();
  receive(compressor.compress(packet({ ack: 5001, id: 8 })));
  assert.deepEqual(dropped, ['slip-vj-toss']);
  compressor.reset();
  const next = packet({ ack: 5002, id: 9 });
  assert.equal(hex(receive(compressor.compress(next))), hex(next));
});
