import { Flag, headerLengthWith, type Segment, TCP_HEADER_LENGTH, type TcpOptions } from '../../wire/tcp.ts';
import type { Listener, LongAnswer } from '../listener.ts';
import type { Tuple } from '../ports.ts';
import { handshakeWindow } from '../receive-window.ts';
import { add, before, distance } from '../seq.ts';
import { sendMss, type TcpSettings } from '../settings.ts';

/**
 * `making`: the application was asked. `waiting`: too long for a segment, and waits for a connection. `given`: sent, or
 * about to be. `acknowledged`: the peer has all of it. `gone`: one of both ends has reset the other.
 */
export type AnswerState = 'making' | 'waiting' | 'given' | 'acknowledged' | 'gone';

/** All that is remembered of a request that has no connection, and of its answer. Sequence numbers are signed 32 bits. */
export class Answer {
  readonly listener: Listener;
  readonly tuple: Tuple;
  /** What the SYN offered, as its cookie tells. */
  readonly offered: TcpOptions;
  /** Most octets that the answer may have: it has to fit one segment and the peer's window. */
  readonly room: number;
  /** When the request came last, ms. */
  askedAt: number;
  /** Where the request and its answer begin. */
  readonly irs: number;
  readonly iss: number;
  /** What the peer is told to have sent. */
  rcvNxt: number;
  /** What the SYN-ACK promised, beyond which nothing is taken (RFC 9293 §3.8.6, SHLD-14). */
  readonly rcvEdge: number;
  state: AnswerState = 'making';
  /** The segment that brought the request, until it is known that no connection will need it. */
  request: Segment | undefined;
  /** The answer, while it may have to be sent again. */
  text: Uint8Array | undefined;
  /** Whether routers on the way may cut it in pieces, for one has said that it is too big. */
  mayFragment = false;
  /** Behind the answer and its FIN; where it begins while there is none. */
  end: number;
  long: LongAnswer | undefined;
  /** When a long one has waited for long enough, ms. */
  givenUpAt = Number.POSITIVE_INFINITY;
  /** When it was sent last, ms. */
  sentAt = Number.NEGATIVE_INFINITY;
  inTextQueue = false;
  /** The peer's latest timestamp, where they are in use. */
  timestamp: number | undefined;

  /** @param segment not kept */
  constructor(
    listener: Listener,
    tuple: Tuple,
    segment: Segment,
    offered: TcpOptions,
    settings: TcpSettings,
    now: number,
  ) {
    this.listener = listener;
    this.tuple = tuple;
    this.offered = offered;
    this.room = roomFor(segment, offered, settings);
    this.askedAt = now;
    this.irs = segment.seq;
    this.iss = segment.ack;
    this.end = segment.ack;
    this.rcvNxt = add(segment.seq, segment.text.length);
    this.rcvEdge = add(segment.seq, handshakeWindow(settings));
    this.request = { ...segment, text: segment.text.slice() };
    this.note(segment);
  }

  /** Whether `segment` could only come from who has been sent the cookie, and the answer if that says so. */
  isMeantBy(segment: Segment): boolean {
    if (segment.flags & Flag.SYN) return false;
    // A reset elsewhere could be anybody's (RFC 5961 §3).
    if (segment.flags & Flag.RST) return segment.seq === this.rcvNxt;
    if (!(segment.flags & Flag.ACK)) return false;
    return isWithin(segment.ack, this.iss, this.end) && isWithin(segment.seq, this.irs, this.rcvEdge);
  }

  /** Takes in what is to be acknowledged of `segment`: text behind the request is thrown away. */
  note({ seq, text, flags, options }: Segment): void {
    const end = add(seq, text.length);
    if (this.offered.timestamps && options.timestamps) this.timestamp = options.timestamps.value;
    if (before(this.rcvNxt, seq) || before(end, this.rcvNxt) || before(this.rcvEdge, end)) return;
    this.rcvNxt = flags & Flag.FIN ? add(end, 1) : end;
  }
}

function isWithin(seq: number, first: number, last: number): boolean {
  const at = distance(first, seq);
  return at >= 0 && at <= distance(first, last);
}

function roomFor({ window }: Segment, offered: TcpOptions, settings: TcpSettings): number {
  const { mss, timestamps, windowScale = 0 } = offered;
  const options = headerLengthWith(timestamps ? { timestamps } : {}) - TCP_HEADER_LENGTH;
  return Math.max(0, Math.min(sendMss(mss, settings) - options, (window << windowScale) - 1));
}
