import { parseAddress } from '../../src/wire/address.ts';
import { checksum, pseudoHeaderSum, sum16 } from '../../src/wire/checksum.ts';
import { IcmpType, Unreachable } from '../../src/wire/icmp.ts';
import { IPV4_HEADER_LENGTH, Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, TCP_HEADER_LENGTH, writeSegment } from '../../src/wire/tcp.ts';
import { datagram, icmp } from './datagram.ts';
import { segmentIn } from './segment.ts';
import { A, B } from './wire.ts';

/** What a script leaves unsaid: the stack's port, and both initial sequence numbers. */
export interface Ends {
  localPort: number;
  localIsn: number;
  remoteIsn: number;
}

/** A segment in a script; sequence numbers count from the initial ones of whoever sends them. */
export interface ScriptSegment {
  flags: string;
  seq: number;
  length: number;
  ack: number | undefined;
  window: number | undefined;
  urgent: number | undefined;
  /** As between `<` and `>`; `...` for any. */
  options: string;
}

export interface ScriptIcmp {
  type: number;
  code: number;
  mtu: number;
  seq: number;
  length: number;
}

const FLAG_LETTERS: [string, number][] = [
  ['F', Flag.FIN],
  ['S', Flag.SYN],
  ['R', Flag.RST],
  ['P', Flag.PSH],
  ['.', Flag.ACK],
  ['U', Flag.URG],
];

const SEGMENT =
  /^([FSRPU.]+|-) (-?\d+):(-?\d+)\((\d+)\)(?: ack (-?\d+))?(?: win (\d+))?(?: urg (\d+))?(?: <([^>]*)>)?$/;

/** @throws {Error} when `notation` is no segment, or its length does not fit its sequence numbers */
export function parseScriptSegment(notation: string): ScriptSegment {
  const match = SEGMENT.exec(notation);
  if (!match) throw new Error(`not a segment: ${notation}`);
  const [, flags, start, end, length, ack, window, urgent, options] = match;
  if (Number(end) - Number(start) !== Number(length)) throw new Error(`length does not fit: ${notation}`);
  if (flags!.includes('.') !== (ack !== undefined)) throw new Error(`'.' and 'ack' go together: ${notation}`);
  return {
    flags: flags!,
    seq: Number(start),
    length: Number(length),
    ack: numberOr(ack),
    window: numberOr(window),
    urgent: numberOr(urgent),
    options: options ?? '',
  };
}

const ICMP = /^icmp (\w+)(?: (\w+))?(?: mtu (\d+))? \[(-?\d+):(-?\d+)\((\d+)\)\]$/;
const UNREACHABLE: Record<string, number> = {
  net: 0,
  host: 1,
  protocol: Unreachable.PROTOCOL,
  port: Unreachable.PORT,
  frag_needed: Unreachable.FRAGMENTATION_NEEDED,
  source_route_failed: 5,
  admin_prohibited: 13,
};
const ICMP_TYPES: Record<string, number> = {
  unreachable: IcmpType.DESTINATION_UNREACHABLE,
  source_quench: 4,
  time_exceeded: IcmpType.TIME_EXCEEDED,
  parameter_problem: 12,
};

/** An ICMP error about a segment of ours: `icmp unreachable frag_needed mtu 500 [1:1001(1000)]`. */
export function parseScriptIcmp(notation: string): ScriptIcmp {
  const [, name, detail, mtu, seq, , length] = ICMP.exec(notation) ?? [];
  const type = ICMP_TYPES[name ?? ''];
  const code = detail === undefined ? 0 : UNREACHABLE[detail];
  if (type === undefined || code === undefined) throw new Error(`not an ICMP error: ${notation}`);
  return { type, code, mtu: Number(mtu ?? 0), seq: Number(seq), length: Number(length) };
}

/** The octet of text that stands at `seq`, counted from the initial sequence number. */
function octetAt(seq: number): number {
  return (seq * 7 + (seq >> 8)) & 0xff;
}

/** The text that both ends of a script send. */
export function textAt(seq: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => octetAt(seq + i));
}

/** The datagram by which the remote end sends `segment`. */
export function buildRemoteSegment(segment: ScriptSegment, ends: Ends, remotePort: number): Uint8Array {
  const options = encodeOptions(segment.options, ends);
  const textStart = TCP_HEADER_LENGTH + options.length;
  const bytes = new Uint8Array(textStart + segment.length);
  bytes.set(options, TCP_HEADER_LENGTH);
  bytes.set(textAt(segment.seq + (segment.flags.includes('S') ? 1 : 0), segment.length), textStart);
  const header = {
    sourcePort: remotePort,
    destinationPort: ends.localPort,
    seq: (segment.seq + ends.remoteIsn) | 0,
    ack: segment.ack === undefined ? 0 : (segment.ack + ends.localIsn) | 0,
    flags: FLAG_LETTERS.reduce((sum, [name, bit]) => (segment.flags.includes(name) ? sum | bit : sum), 0),
    window: segment.window ?? 0,
    options: {},
  };
  writeSegment(bytes, header, 0);
  // The codec writes neither urgent pointers nor options as odd as scripts need: they are put in place here.
  const view = new DataView(bytes.buffer);
  view.setUint8(12, (textStart / 4) << 4);
  view.setUint16(18, segment.urgent ?? 0);
  view.setUint16(16, 0);
  const sum = pseudoHeaderSum(parseAddress(A), parseAddress(B), Protocol.TCP, bytes.length);
  view.setUint16(16, checksum(sum16(bytes, sum)));
  return datagram(bytes);
}

/** An ICMP error from the remote end about a segment that the stack sent. */
export function buildRemoteIcmp(error: ScriptIcmp, ends: Ends, remotePort: number): Uint8Array {
  const segment = new Uint8Array(TCP_HEADER_LENGTH + error.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, ends.localPort);
  view.setUint16(2, remotePort);
  view.setInt32(4, (error.seq + ends.localIsn) | 0);
  const quoted = datagram(segment, { source: parseAddress(B), destination: parseAddress(A) });
  const body = quoted.subarray(0, IPV4_HEADER_LENGTH + 8);
  const message = icmp({ type: error.type, code: error.code, rest: [0, error.mtu], body });
  return datagram(message, { protocol: Protocol.ICMP });
}

/** A datagram of ours in a script's notation; the parts left out of `like` are left out. @throws {Error} when it is malformed */
export function renderLocalSegment(bytes: Uint8Array, ends: Ends, like?: ScriptSegment): string {
  const fail = (reason: string): never => {
    throw new Error(`sent a malformed datagram: ${reason}`);
  };
  const ip = parseIpv4(bytes, fail)!;
  const segment = segmentIn(ip, fail);
  if (!segment) return `protocol ${ip.protocol}`;
  const seq = (segment.seq - ends.localIsn) | 0;
  const isSyn = (segment.flags & Flag.SYN) !== 0;
  const text = textAt(seq + (isSyn ? 1 : 0), segment.text.length);
  if (Buffer.compare(text, segment.text) !== 0) fail(`the text at ${seq} is not what was written`);
  const flags = FLAG_LETTERS.map(([name, bit]) => (segment.flags & bit ? name : '')).join('');
  const parts = [flags || '-', `${seq}:${seq + segment.text.length}(${segment.text.length})`];
  if (segment.flags & Flag.ACK) parts.push(`ack ${(segment.ack - ends.remoteIsn) | 0}`);
  if (!like || like.window !== undefined) parts.push(`win ${segment.window}`);
  const headerLength = (ip.payload[12]! >> 4) * 4;
  const options = decodeOptions(ip.payload.subarray(TCP_HEADER_LENGTH, headerLength), ends);
  if (like?.options === '...') parts.push('<...>');
  else if (options !== '') parts.push(`<${options}>`);
  return parts.join(' ');
}

/** A script's segment in the spelling of `renderLocalSegment`. */
export function renderScriptSegment(segment: ScriptSegment): string {
  const flags = FLAG_LETTERS.map(([name]) => (segment.flags.includes(name) ? name : '')).join('');
  const parts = [flags || '-', `${segment.seq}:${segment.seq + segment.length}(${segment.length})`];
  if (segment.ack !== undefined) parts.push(`ack ${segment.ack}`);
  if (segment.window !== undefined) parts.push(`win ${segment.window}`);
  if (segment.options !== '') parts.push(`<${segment.options}>`);
  return parts.join(' ');
}

/** Options as bytes, padded to words; blocks of `sack` count from the local ISN. @throws {Error} for an unknown one */
function encodeOptions(notation: string, ends: Ends): Uint8Array {
  const bytes: number[] = [];
  for (const option of notation === '' ? [] : notation.split(',')) {
    const [name, ...values] = option.trim().split(' ');
    bytes.push(...encodeOption(name!, values, ends));
  }
  while (bytes.length % 4 !== 0) bytes.push(0);
  return Uint8Array.from(bytes);
}

function encodeOption(name: string, values: string[], ends: Ends): number[] {
  if (name === 'nop') return [1];
  if (name === 'eol') return [0];
  if (name === 'mss') return [2, 4, ...bigEndian(Number(values[0]), 2)];
  if (name === 'wscale') return [3, 3, Number(values[0])];
  if (name === 'sackOK') return [4, 2];
  if (name === 'TS') return [8, 10, ...bigEndian(Number(values[1]), 4), ...bigEndian(Number(values[3]), 4)];
  if (name === 'raw') return values.map((value) => Number.parseInt(value, 16));
  if (name !== 'sack') throw new Error(`unknown option: ${name}`);
  const edges = values.flatMap((block) => block.split(':')).map((edge) => Number(edge) + ends.localIsn);
  return [5, 2 + 4 * edges.length, ...edges.flatMap((edge) => bigEndian(edge, 4))];
}

/** Options in a script's notation; blocks of `sack` count from the remote ISN, for it is the stack that sends them. */
function decodeOptions(bytes: Uint8Array, ends: Ends): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes[at]!;
    if (kind === 0 || kind === 1) {
      names.push(kind === 0 ? 'eol' : 'nop');
      at++;
      continue;
    }
    const length = bytes[at + 1]!;
    if (!(length >= 2)) throw new Error('sent an option without end');
    names.push(decodeOption(view, at, kind, length, ends));
    at += length;
  }
  return names.join(',');
}

function decodeOption(view: DataView, at: number, kind: number, length: number, ends: Ends): string {
  if (kind === 2 && length === 4) return `mss ${view.getUint16(at + 2)}`;
  if (kind === 3 && length === 3) return `wscale ${view.getUint8(at + 2)}`;
  if (kind === 4 && length === 2) return 'sackOK';
  if (kind === 8 && length === 10) return `TS val ${view.getUint32(at + 2)} ecr ${view.getUint32(at + 6)}`;
  if (kind !== 5 || length % 8 !== 2) throw new Error(`sent an unknown option: ${kind}`);
  const blocks: string[] = [];
  for (let edge = at + 2; edge < at + length; edge += 8) {
    const [start, end] = [view.getInt32(edge), view.getInt32(edge + 4)];
    blocks.push(`${(start - ends.remoteIsn) | 0}:${(end - ends.remoteIsn) | 0}`);
  }
  return `sack ${blocks.join(' ')}`;
}

function bigEndian(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >>> (8 * (count - 1 - i))) & 0xff);
}

function numberOr(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
