import { read16, readInt32, view, write16, write32 } from './bytes.ts';
import { checksum, sum16, sum32 } from './checksum.ts';
import type { Drop } from './drop.ts';

/** The TCP header (RFC 9293 §3.1). */
const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const DATA_OFFSET = 12;
const FLAGS = 13;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT = 18;

export const TCP_HEADER_LENGTH = 20;
export const Flag = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 } as const;

const Kind = { END: 0, NOP: 1, MSS: 2, WINDOW_SCALE: 3, SACK_PERMITTED: 4, SACK: 5, TIMESTAMPS: 8 } as const;
/** RFC 7323 §2.3: a larger shift is taken as this one. */
const LARGEST_SHIFT = 14;

export type TcpDropReason = 'tcp-truncated' | 'tcp-data-offset' | 'tcp-checksum';

/** The options this stack knows; others are skipped (RFC 9293 §3.1, MUST-6). */
export interface TcpOptions {
  /** Largest segment the sender takes, in bytes of text. */
  mss?: number;
  /** Window scale shift, 0 to 14. */
  windowScale?: number;
  sackPermitted?: boolean;
  /** Left edge, right edge, left edge, … : sequence numbers (RFC 2018 §3). */
  sack?: number[];
  /** TSval and TSecr as signed 32-bit numbers (RFC 7323 §3). */
  timestamps?: { value: number; echo: number };
}

export interface Segment {
  sourcePort: number;
  destinationPort: number;
  /** SEG.SEQ, signed 32 bits. */
  seq: number;
  /** SEG.ACK, signed 32 bits; meaningful with Flag.ACK only. */
  ack: number;
  flags: number;
  /** SEG.WND as it stands in the header, not scaled. */
  window: number;
  options: TcpOptions;
  /** The segment's text; not copied. */
  text: Uint8Array;
}

const NO_OPTIONS: TcpOptions = Object.freeze({});
const NO_TEXT = new Uint8Array(0);

/**
 * Parses the TCP segment in `bytes`, which is the payload of an IPv4 datagram.
 *
 * @param bytes end with the segment
 * @param sum sum16 of the pseudo-header
 * @param at where the segment begins
 * @returns the segment, or undefined once `drop` has been told why
 */
export function parseSegment(
  bytes: Uint8Array,
  sum: number,
  drop: Drop<TcpDropReason>,
  at = 0,
): Segment | undefined {
  const length = bytes.length - at;
  if (length < TCP_HEADER_LENGTH) return drop('tcp-truncated');
  const headerLength = (bytes[at + DATA_OFFSET]! >> 4) * 4;
  if (headerLength < TCP_HEADER_LENGTH || headerLength > length) return drop('tcp-data-offset');
  if (checksum(sum16(bytes, sum, at)) !== 0) return drop('tcp-checksum');
  return {
    sourcePort: read16(bytes, at + SOURCE_PORT),
    destinationPort: read16(bytes, at + DESTINATION_PORT),
    seq: readInt32(bytes, at + SEQUENCE),
    ack: readInt32(bytes, at + ACKNOWLEDGMENT),
    flags: bytes[at + FLAGS]! & 0x3f,
    window: read16(bytes, at + WINDOW),
    options: headerLength === TCP_HEADER_LENGTH ? NO_OPTIONS : parseOptions(bytes, at, at + headerLength),
    text: headerLength === length ? NO_TEXT : view(bytes, at + headerLength),
  };
}

/** Reads the options up to the first that is malformed; those before it count. */
function parseOptions(bytes: Uint8Array, segmentAt: number, end: number): TcpOptions {
  const options: TcpOptions = {};
  let at = segmentAt + TCP_HEADER_LENGTH;
  while (at < end && bytes[at] !== Kind.END) {
    if (bytes[at] === Kind.NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) break;
    parseOption(options, bytes, at, length);
    at += length;
  }
  return options;
}

/** An option whose length is not its kind's is skipped like an unknown one. */
function parseOption(options: TcpOptions, bytes: Uint8Array, at: number, length: number): void {
  const kind = bytes[at]!;
  if (kind === Kind.MSS && length === 4) options.mss = read16(bytes, at + 2);
  else if (kind === Kind.WINDOW_SCALE && length === 3)
    options.windowScale = Math.min(bytes[at + 2]!, LARGEST_SHIFT);
  else if (kind === Kind.SACK_PERMITTED && length === 2) options.sackPermitted = true;
  else if (kind === Kind.SACK && length > 2 && length % 8 === 2) {
    options.sack = [];
    for (let edge = at + 2; edge < at + length; edge += 4) options.sack.push(readInt32(bytes, edge));
  } else if (kind === Kind.TIMESTAMPS && length === 10) {
    options.timestamps = { value: readInt32(bytes, at + 2), echo: readInt32(bytes, at + 6) };
  }
}

/** Length in bytes of the header that `options` need: 20 to 60, a multiple of 4. */
export function headerLengthWith(options: TcpOptions): number {
  let length = TCP_HEADER_LENGTH;
  if (options.mss !== undefined) length += 4;
  if (options.windowScale !== undefined) length += 4;
  if (options.timestamps) length += 12;
  else if (options.sackPermitted) length += 4;
  if (options.sack?.length) length += 4 + options.sack.length * 4;
  return length;
}

/**
 * Writes the header of a segment whose text already stands in place, with its checksum.
 *
 * @param bytes end with the segment, which is `headerLengthWith(segment.options)` longer than its text
 * @param sum sum16 of the pseudo-header
 * @param at where the segment begins
 */
export function writeSegment(bytes: Uint8Array, segment: Omit<Segment, 'text'>, sum: number, at = 0): void {
  const { sourcePort, destinationPort, seq, ack, window } = segment;
  const optionsAt = at + TCP_HEADER_LENGTH;
  const headerLength = writeOptions(bytes, segment.options, optionsAt) - at;
  const offsetAndFlags = (headerLength << 10) | segment.flags;
  write16(bytes, at + SOURCE_PORT, sourcePort);
  write16(bytes, at + DESTINATION_PORT, destinationPort);
  write32(bytes, at + SEQUENCE, seq);
  write32(bytes, at + ACKNOWLEDGMENT, ack);
  write16(bytes, at + DATA_OFFSET, offsetAndFlags);
  write16(bytes, at + WINDOW, window);
  write16(bytes, at + URGENT, 0);
  sum += sourcePort + destinationPort + sum32(seq) + sum32(ack) + offsetAndFlags + window;
  write16(bytes, at + CHECKSUM, checksum(sum16(bytes, sum, optionsAt)));
}

/** Each option starts on a word, padded in front by NOPs (RFC 7323 appendix A); returns where the text starts. */
function writeOptions(bytes: Uint8Array, options: TcpOptions, at: number): number {
  if (options.mss !== undefined) {
    at = put(bytes, at, Kind.MSS, 4);
    write16(bytes, at - 2, options.mss);
  }
  if (options.windowScale !== undefined) {
    at = put(bytes, at, Kind.NOP, Kind.WINDOW_SCALE, 3, options.windowScale);
  }
  if (options.timestamps) {
    if (options.sackPermitted) at = put(bytes, at, Kind.SACK_PERMITTED, 2, Kind.TIMESTAMPS, 10);
    else at = put(bytes, at, Kind.NOP, Kind.NOP, Kind.TIMESTAMPS, 10);
    write32(bytes, at, options.timestamps.value);
    write32(bytes, at + 4, options.timestamps.echo);
    at += 8;
  } else if (options.sackPermitted) {
    at = put(bytes, at, Kind.NOP, Kind.NOP, Kind.SACK_PERMITTED, 2);
  }
  if (options.sack?.length) {
    at = put(bytes, at, Kind.NOP, Kind.NOP, Kind.SACK, 2 + options.sack.length * 4);
    for (const edge of options.sack) {
      write32(bytes, at, edge);
      at += 4;
    }
  }
  return at;
}

/** Puts one word at `at`. Returns the place after it. */
function put(bytes: Uint8Array, at: number, a: number, b: number, c = 0, d = 0): number {
  bytes[at] = a;
  bytes[at + 1] = b;
  bytes[at + 2] = c;
  bytes[at + 3] = d;
  return at + 4;
}

/** SEG.LEN: SYN and FIN count as an octet each (RFC 9293 §3.4). */
export function segmentLength(segment: Segment): number {
  return segment.text.length + (segment.flags & Flag.SYN ? 1 : 0) + (segment.flags & Flag.FIN ? 1 : 0);
}
