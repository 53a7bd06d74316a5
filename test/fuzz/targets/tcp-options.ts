import assert from 'node:assert/strict';
import { parseAddress } from '../../../src/wire/address.ts';
import { parseIpv4 } from '../../../src/wire/ipv4.ts';
import {
  Flag,
  headerLengthWith,
  parseSegment,
  type Segment,
  type TcpOptions,
  writeSegment,
} from '../../../src/wire/tcp.ts';
import { type Forgery, forgeSegment } from '../../simulation/forge.ts';
import { sumFor } from '../../support/datagram.ts';
import { Host, PEER_PORT, PORT } from '../../support/host.ts';
import { A, B } from '../../support/wire.ts';
import { Input } from '../input.ts';

const LEAST_MSS = 48;
const LONGEST_HEADER = 60;

/** Options of any bytes are read as the RFC has it, and a connection that is opened with them keeps to them. */
export function fuzz(bytes: Uint8Array): void {
  const input = new Input(bytes);
  const offered = options(input);
  checkParsing(offered);
  const host = new Host({ timestamps: input.byte() % 2 === 0, mtu: input.pick([1500, 576, 68]) });
  host.listen();
  const answer = open(host, offered);
  if (!answer) return;
  while (!input.ended) {
    const seq = host.connection.rcvNxt + input.pick([0, 0, 1, -1, input.number16()]);
    const ack = host.connection.sndNxt - input.pick([0, 0, 1, input.number16()]);
    const flags = input.pick([Flag.ACK, Flag.ACK, input.byte()]);
    host.receive(segment({ seq, ack, flags, options: options(input), length: input.byte() % 8 }));
    if (!isOpen(host)) return;
    host.send(1000);
    checkText(host, parsed(offered).options);
    host.advance(input.byte());
    if (!isOpen(host)) return;
  }
}

function options(input: Input): Uint8Array {
  return input.take(input.byte() % 41);
}

/** What is read can be written and read again, and is what another reading finds. */
function checkParsing(raw: Uint8Array): void {
  const read = parsed(raw).options;
  assert.deepEqual(read, expectedOptions(raw));
  const length = headerLengthWith(read);
  if (length > LONGEST_HEADER) return;
  const bytes = new Uint8Array(length);
  const fields = { sourcePort: 1, destinationPort: 2, seq: -1, ack: -2, flags: Flag.ACK, window: 65_535 };
  writeSegment(bytes, { ...fields, options: read }, sumFor(length));
  const again = parseSegment(bytes, sumFor(length), refuse)!;
  assert.deepEqual(again, { ...fields, options: read, text: new Uint8Array(0) });
}

/** The same by other means: the options cut out one by one, the last of a kind counts. */
function expectedOptions(raw: Uint8Array): TcpOptions {
  const expected: TcpOptions = {};
  let rest = Buffer.concat([raw, Buffer.alloc((4 - (raw.length % 4)) % 4)]);
  while (rest.length > 0 && rest[0] !== 0) {
    const length = rest[0] === 1 ? 1 : (rest[1] ?? 0);
    if (length === 0 || (length === 1 && rest[0] !== 1) || length > rest.length) break;
    Object.assign(expected, expectedOption(rest[0]!, rest.subarray(2, length)));
    rest = rest.subarray(length);
  }
  return expected;
}

function expectedOption(kind: number, content: Buffer): TcpOptions {
  const { length } = content;
  if (kind === 2 && length === 2) return { mss: content.readUInt16BE() };
  if (kind === 3 && length === 1) return { windowScale: Math.min(14, content[0]!) };
  if (kind === 4 && length === 0) return { sackPermitted: true };
  if (kind === 8 && length === 8)
    return { timestamps: { value: content.readInt32BE(0), echo: content.readInt32BE(4) } };
  if (kind !== 5 || length === 0 || length % 8 !== 0) return {};
  return { sack: Array.from({ length: length / 4 }, (_, i) => content.readInt32BE(4 * i)) };
}

/** The handshake; what was not offered is not answered. @returns whether there is a connection now */
function open(host: Host, offered: Uint8Array): boolean {
  host.receive(segment({ seq: -1, ack: 0, flags: Flag.SYN, options: offered }));
  const [first] = host.pulled();
  assert.ok(first, 'a SYN is answered');
  const answer = segmentIn(first);
  const { windowScale, sackPermitted, timestamps } = parsed(offered).options;
  assert.ok(answer.options.windowScale === undefined || windowScale !== undefined, 'window scale');
  assert.ok(!answer.options.sackPermitted || sackPermitted, 'SACK');
  assert.ok(!answer.options.timestamps || timestamps, 'timestamps');
  // With timestamps agreed on, a segment without is dropped (RFC 7323 §3.2).
  const stamp = answer.options.timestamps
    ? [8, 10, ...octets(timestamps!.value), ...octets(answer.options.timestamps.value), 1, 1]
    : [];
  const ack = answer.seq + 1;
  host.receive(segment({ seq: 0, ack, flags: Flag.ACK, options: Uint8Array.from(stamp) }));
  assert.equal(host.connection.state, 'ESTABLISHED');
  return true;
}

/** No segment is longer than the peer takes, or the floor under that. */
function checkText(host: Host, { mss = 536 }: TcpOptions): void {
  for (const datagram of host.pulled()) {
    const { text, options } = segmentIn(datagram);
    assert.ok(text.length <= Math.max(LEAST_MSS, mss), `${text.length} octets for an MSS of ${mss}`);
    assert.ok(headerLengthWith(options) <= LONGEST_HEADER);
  }
}

function segment(
  fields: Pick<Forgery, 'seq' | 'ack' | 'flags' | 'options'> & { length?: number },
): Uint8Array {
  const [source, destination] = [parseAddress(A), parseAddress(B)];
  const ports = { sourcePort: PEER_PORT, destinationPort: PORT, window: 4000 };
  return forgeSegment({ source, destination, ...ports, length: 0, ...fields });
}

function parsed(raw: Uint8Array): Segment {
  return segmentIn(segment({ seq: 0, ack: 0, flags: Flag.SYN, options: raw }));
}

function segmentIn(datagram: Uint8Array): Segment {
  const { payload } = parseIpv4(datagram, refuse)!;
  return parseSegment(payload, sumFor(payload.length), refuse)!;
}

function octets(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function refuse(reason: string): never {
  assert.fail(`refused: ${reason}`);
}

function isOpen({ stack }: Host): boolean {
  return stack.connectionCount > 0;
}
