import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCounters } from '../../src/ip/counters.ts';
import { Stack } from '../../src/ip/stack.ts';
import { connect } from '../../src/node/connect.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { IcmpType, parseIcmp, Unreachable } from '../../src/wire/icmp.ts';
import { Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { datagram, echo, segmentBytes } from '../support/datagram.ts';
import { A, B, fixedRandom } from '../support/wire.ts';

function newStack(options = {}): Stack {
  return new Stack({ address: B, random: fixedRandom(1), ...options });
}

/** What is sent now, and the counters that changed. */
function after(
  stack: Stack,
  ...datagrams: Uint8Array[]
): { sent: Uint8Array[]; counted: Record<string, number> } {
  const before: Record<string, number> = { ...stack.counters };
  for (const bytes of datagrams) stack.receive(bytes, 0);
  const sent: Uint8Array[] = [];
  for (let next = stack.transmit(0); next; next = stack.transmit(0)) sent.push(next);
  const counted = Object.entries(stack.counters)
    .filter(([name, count]) => name.includes('-') && count > before[name]!)
    .map(([name, count]) => [name, count - before[name]!]);
  return { sent, counted: Object.fromEntries(counted) };
}

function icmpIn(bytes: Uint8Array) {
  const ip = parseIpv4(bytes, (reason) => assert.fail(reason))!;
  return { ip, message: parseIcmp(ip.payload, (reason) => assert.fail(reason))! };
}

const udp = new Uint8Array(20);
const word = (...bytes: number[]) => Uint8Array.from(bytes);

test('an echo is answered with its identifier, sequence number and data', () => {
  const data = Uint8Array.from({ length: 56 }, (_, i) => i);
  const { sent } = after(newStack(), datagram(echo(data), { protocol: Protocol.ICMP }));
  assert.equal(sent.length, 1);
  const { ip, message } = icmpIn(sent[0]!);
  assert.equal(message.type, IcmpType.ECHO_REPLY);
  assert.deepEqual(message.rest, [11, 12]);
  assert.deepEqual(message.body, data);
  assert.deepEqual([ip.source, ip.destination], [parseAddress(B), parseAddress(A)]);
});

test('an echo reply larger than the MTU goes in fragments that another stack puts together', () => {
  const [a, b] = [new Stack({ address: A }), newStack({ mtu: 296 })];
  let got: Uint8Array | undefined;
  a.icmp.onEchoReply = ({ data }) => {
    got = data.slice();
  };
  const data = Uint8Array.from({ length: 1400 }, (_, i) => i & 255);
  a.ping(B, 1, 1, data);
  b.receive(a.transmit(0)!, 0);
  for (let reply = b.transmit(0); reply; reply = b.transmit(0)) {
    assert.ok(reply.length <= 296);
    a.receive(reply, 0);
  }
  assert.deepEqual(got, data);
});

// biome-ignore format: a table
const REFUSED: [string, Uint8Array, string][] = [
  ['from the unspecified address',     datagram(echo(udp), { protocol: 1, source: 0 }), 'ip-martian-source'],
  ['from a loopback address',          datagram(echo(udp), { protocol: 1, source: parseAddress('127.0.0.1') }), 'ip-martian-source'],
  ['from a multicast address',         datagram(echo(udp), { protocol: 1, source: parseAddress('224.0.0.9') }), 'ip-martian-source'],
  ['from the broadcast address',       datagram(echo(udp), { protocol: 1, source: 0xffffffff }), 'ip-martian-source'],
  ['from our own address (land)',      datagram(segmentBytes(), { source: parseAddress(B) }), 'ip-martian-source'],
  ['to the broadcast address',         datagram(echo(udp), { protocol: 1, destination: 0xffffffff }), 'ip-broadcast'],
  ['to a multicast address',           datagram(segmentBytes(), { destination: parseAddress('224.0.0.1') }), 'ip-broadcast'],
  ['to another host',                  datagram(segmentBytes(), { destination: parseAddress('192.168.7.9') }), 'ip-not-ours'],
  ['with a loose source route',        datagram(echo(udp), { protocol: 1 }, word(131, 7, 4, 1, 2, 3, 4, 0)), 'ip-source-route'],
  ['with a strict source route',       datagram(echo(udp), { protocol: 1 }, word(137, 7, 4, 1, 2, 3, 4, 0)), 'ip-source-route'],
  ['with an option of length 0',       datagram(echo(udp), { protocol: 1 }, word(7, 0, 0, 0)), 'ip-options'],
  ['with an option of length 1',       datagram(echo(udp), { protocol: 1 }, word(7, 1, 0, 0)), 'ip-options'],
  ['with an option beyond the header', datagram(echo(udp), { protocol: 1 }, word(7, 255, 0, 0)), 'ip-options'],
  ['with an option cut off',           datagram(echo(udp), { protocol: 1 }, word(1, 1, 1, 7)), 'ip-options'],
  ['an ICMP error about nothing',      datagram(echo(udp, IcmpType.DESTINATION_UNREACHABLE), { protocol: 1 }), 'icmp-error-unfounded'],
  ['an ICMP timestamp request',        datagram(echo(udp, 13), { protocol: 1 }), 'icmp-unknown'],
  ['ICMP cut short',                   datagram(word(8, 0, 0), { protocol: 1 }), 'icmp-truncated'],
  ['ICMP with a bad checksum',         datagram(echo(udp).with(3, 99), { protocol: 1 }), 'icmp-checksum'],
  ['nothing at all',                   word(), 'ip-truncated'],
];
for (const [what, bytes, reason] of REFUSED) {
  test(`${what}: silence, counted once as ${reason} (hazard 22, 23)`, () => {
    const stack = newStack();
    stack.tcp.listen({ port: 80, backlog: 9, deferAccept: false, halfOpen: 0, accept: () => {} });
    const { sent, counted } = after(stack, bytes);
    assert.deepEqual(sent, []);
    assert.deepEqual(counted, { [reason]: 1 });
  });
}

test('options that mean no harm are ignored: record route, timestamp, router alert, NOP', () => {
  for (const options of [
    word(7, 7, 4, 0, 0, 0, 0, 0),
    word(68, 8, 5, 0, 0, 0, 0, 0),
    word(148, 4, 0, 0),
    word(1, 1, 1, 0),
  ]) {
    assert.equal(after(newStack(), datagram(echo(udp), { protocol: 1 }, options)).sent.length, 1);
  }
});

test('any time to live is good enough (RFC 1122 §3.2.1.7)', () => {
  assert.equal(after(newStack(), datagram(echo(udp), { protocol: 1, ttl: 1 })).sent.length, 1);
});

test('UDP is answered by port unreachable, other protocols by protocol unreachable, quoting what it is about', () => {
  for (const [protocol, code, reason] of [
    [Protocol.UDP, Unreachable.PORT, 'udp-port-closed'],
    [253, Unreachable.PROTOCOL, 'ip-protocol-unknown'],
  ] as const) {
    const bytes = datagram(
      Uint8Array.from({ length: 30 }, (_, i) => i),
      { protocol },
    );
    const { sent, counted } = after(newStack(), bytes);
    assert.deepEqual(counted, { [reason]: 1 });
    const { message } = icmpIn(sent[0]!);
    assert.deepEqual([message.type, message.code], [IcmpType.DESTINATION_UNREACHABLE, code]);
    assert.deepEqual(message.body, bytes.subarray(0, 28));
  }
});

test('errors are never sent about errors, later fragments, or to what is no host (hazard 24)', () => {
  const error = datagram(echo(udp, IcmpType.TIME_EXCEEDED), { protocol: Protocol.ICMP });
  const later = datagram(new Uint8Array(16), { protocol: Protocol.UDP, fragmentOffset: 8 });
  for (const bytes of [error, later]) assert.deepEqual(after(newStack(), bytes).sent, []);
});

test('the first fragment of what is never completed is reported, unless it is of an error (RFC 1122 §3.2.2)', () => {
  for (const [type, errors] of [
    [IcmpType.ECHO_REQUEST, 1],
    [IcmpType.DESTINATION_UNREACHABLE, 0],
  ] as const) {
    const stack = newStack();
    stack.receive(datagram(echo(new Uint8Array(16), type), { protocol: Protocol.ICMP, flags: 0x2000 }), 0);
    stack.expire(30_000);
    assert.equal(stack.counters.icmpErrorsOut, errors);
    assert.equal(stack.counters['ip-fragment-timeout'], 1);
  }
});

test('errors are limited to ten at once and ten a second (RFC 1812 §4.3.2.8)', () => {
  const stack = newStack();
  const bytes = datagram(udp, { protocol: Protocol.UDP });
  const { sent, counted } = after(stack, ...Array.from({ length: 50 }, () => bytes));
  assert.equal(sent.length, 10);
  assert.equal(counted['icmp-rate-limited'], 40);
  stack.receive(bytes, 100);
  assert.ok(stack.transmit(100), 'a tenth of a second later, one more');
});

test('a flood of pings waits within bounds, and text has every other turn', () => {
  const stack = newStack();
  const { counted } = after(
    stack,
    ...Array.from({ length: 500 }, () => datagram(echo(udp), { protocol: 1 })),
  );
  assert.equal(counted['replies-full'], 500 - 64);
});

test('a reassembly cache that is full does not keep pings and segments out (hazard 21)', () => {
  const stack = newStack();
  for (let i = 0; i < 2000; i++) {
    stack.receive(datagram(new Uint8Array(1480), { identification: i, flags: 0x2000, protocol: 17 }), 0);
  }
  const { sent } = after(stack, datagram(echo(udp), { protocol: 1 }), datagram(segmentBytes()));
  assert.equal(sent.length, 2);
});

test('every single-bit error in a datagram with a segment is refused for one reason, but for the bits that no checksum covers', () => {
  const good = datagram(segmentBytes({ flags: Flag.ACK, text: new Uint8Array(9) }));
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    const { counted } = after(newStack(), bad);
    assert.equal(
      Object.values(counted).reduce((sum, count) => sum + count, 0),
      1,
      `bit ${bit}: ${JSON.stringify(counted)}`,
    );
  }
});

test('a flood of SYNs costs bounded memory, and a real client amidst it is served (hazard 31)', () => {
  const stack = newStack();
  let accepted = 0;
  const listener = { port: 80, backlog: 128, deferAccept: false, halfOpen: 0, accept: () => accepted++ };
  stack.tcp.listen(listener);
  const flood = (from: number) => {
    for (let i = from; i < from + 50_000; i++) {
      stack.receive(datagram(segmentBytes({ sourcePort: 1024 + (i % 60_000), seq: i * 7 })), i / 100);
      if (i % 3 === 0) stack.transmit(i / 100);
    }
  };
  flood(0);
  const synAck = synAckFor(stack, 999);
  for (let i = 0; i < 100; i++) stack.receive(datagram(segmentBytes({ sourcePort: 2000 + i })), 500);
  const ack = { sourcePort: 999, flags: Flag.ACK, seq: 1001, ack: synAck + 1 };
  stack.receive(datagram(segmentBytes(ack)), 500);
  assert.equal(accepted, 1);
  flood(50_000);
  assert.ok(stack.connectionCount <= 129);
  assert.equal(listener.halfOpen, 128);
  assert.ok(stack.counters.cookiesOut > 10_000);
});

/** Sends a SYN from `port` and returns the sequence number of the SYN-ACK that comes back. */
function synAckFor(stack: Stack, port: number): number {
  stack.receive(datagram(segmentBytes({ sourcePort: port })), 500);
  for (let next = stack.transmit(500); next; next = stack.transmit(500)) {
    const view = new DataView(next.buffer, next.byteOffset + 20);
    if (view.getUint16(2) === port) return view.getInt32(4);
  }
  throw new Error('no SYN-ACK');
}

test('options out of their range are refused when the stack is made', () => {
  for (const options of [
    { mtu: 67 },
    { mtu: 1501 },
    { mtu: Number.NaN },
    { ttl: 0 },
    { ttl: 256 },
    { receiveBuffer: 0 },
    { receiveBuffer: 2 ** 31 },
    { sendBuffer: -5 },
    { maxConnections: Number.NaN },
    { initialRto: 0 },
    { userTimeout: -1 },
    { baud: -1 },
    { address: '1.2.3' },
    { address: '127.0.0.1' },
  ]) {
    assert.throws(() => newStack(options), RangeError);
  }
});

test('counters are plain numbers that start at zero', () => {
  assert.ok(Object.values(newCounters()).every((count) => count === 0));
});

test('a line that has changed is gone by from then on, and a wrong one is refused', () => {
  const stack = newStack({ mtu: 1500 });
  const mssOf = () => {
    connect(stack, { address: A, port: 80 });
    const { payload } = parseIpv4(stack.transmit(0)!, (reason) => assert.fail(reason))!;
    // The first option of a SYN: kind 2, length 4.
    return Buffer.from(payload).readUInt16BE(22);
  };
  assert.equal(mssOf(), 1460);
  stack.retune({ mtu: 296, baud: 9600, initialRto: 3000 });
  assert.deepEqual([mssOf(), stack.mtu], [256, 296]);
  assert.throws(() => stack.retune({ mtu: 67 }), RangeError);
  assert.deepEqual([mssOf(), stack.mtu], [256, 296]);
  const { sent } = after(stack, datagram(echo(new Uint8Array(500)), { protocol: Protocol.ICMP }));
  assert.deepEqual(
    sent.map(({ length }) => length <= 296),
    [true, true],
  );
});
