import type { Flight } from './flight.ts';
import type { Listener } from './listener.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { openReceiveWindow } from './receive-window.ts';
import { SendBuffer } from './send-buffer.ts';
import { add, distance } from './seq.ts';
import { isOpening, isReset, ON_CLOSE, type State, takesText } from './state.ts';
import type { Tcp } from './tcp.ts';
import { TO_BE_STARTED } from './timers.ts';

/** What the application is told of; several may be pending at once. */
export const Notice = { OPENED: 1, READABLE: 2, WRITABLE: 4, CLOSED: 8 } as const;

/** The application's side of a connection. Called after a segment or a timer was dealt with, never amidst. */
export interface ConnectionUser {
  /** The handshake is done. */
  opened(): void;
  /** There is text to receive, or the peer has closed. */
  readable(): void;
  /** There is room to send again. */
  writable(): void;
  /** The connection is gone; `error` says why, unless both sides closed it. */
  closed(error: ConnectionError | undefined): void;
}

export type ConnectionError = 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT' | 'EHOSTUNREACH';

/**
 * The transmission control block of a connection (RFC 9293 §3.3.1) and the user's calls on it
 * (§3.9.1). A plain object of numbers: what only busy connections need hangs below it while needed.
 * Sequence numbers are signed 32 bits, times ms of the caller's clock, sizes octets.
 */
export class Connection {
  readonly tcp: Tcp;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
  state: State;

  sndUna: number;
  sndNxt: number;
  /** SND.WND, scaled. */
  sndWnd = 0;
  sndWl1 = 0;
  sndWl2 = 0;
  /** The largest window that the peer ever offered. */
  maxSndWnd = 0;
  sndScale = 0;
  /** Largest segment to send, in octets of text and options. */
  sndMss = 536;
  /** Identification of the next datagram; it counts up by one so that RFC 1144 compresses it away. */
  identification: number;

  rcvNxt = 0;
  /** The right edge of the window that was promised; it never moves left. */
  rcvEdge = 0;
  rcvScale = 0;
  /** RCV.NXT as last acknowledged. */
  lastAckSent = 0;
  /** The largest text of a segment received: what "full-sized" means for delayed acknowledgments. */
  rcvMss = 0;

  cwnd = 0;
  ssthresh = 0x7fffffff;
  /** SND.NXT when the latest recovery began; until more is acknowledged, duplicates tell of no new loss (RFC 6582 §3.2). */
  recover: number;
  /** Octets acknowledged towards the next opening of cwnd (RFC 3465). */
  cwndAcked = 0;
  /** SRTT and RTTVAR in µs; 0 before the first sample. */
  srtt = 0;
  rttvar = 0;
  /** Times that the RTO has doubled. */
  backoff = 0;

  sendBuffer: SendBuffer | undefined;
  receiveBuffer: ReceiveBuffer | undefined;
  flight: Flight | undefined;
  /** TS.Recent and when it came (RFC 7323 §4.3), where timestamps are in use. */
  timestamps: { recent: number; recentAt: number } | undefined;
  /** SND.NXT after the latest tail loss probe, and whether it repeated old text, until it is known what it did (RFC 8985 §7.1). */
  tailProbe: { end: number; repeats: boolean } | undefined;
  /** The range of a duplicate to be reported by D-SACK (RFC 2883). */
  duplicate: { start: number; end: number } | undefined;

  /** Deadlines, Infinity when off: a delayed acknowledgment, a window probe, and the end or keep-alive of a quiet state, or of SYN-SENT. */
  ackAt = Number.POSITIVE_INFINITY;
  persistAt = Number.POSITIVE_INFINITY;
  quietAt = Number.POSITIVE_INFINITY;
  /** Since when the peer has owed an acknowledgment (user timeout). */
  unansweredSince = 0;
  /** When the last segment that carried sequence numbers went out, for the restart after idle. */
  sentAt = 0;
  /** When the last challenge ACK went out (RFC 5961 §7). */
  challengedAt = Number.NEGATIVE_INFINITY;
  /** How long the handshake may take, in ms, where this end began it. */
  openTimeout = 0;
  /** Place in the deadline heap; -1 outside it. */
  heapIndex = -1;

  user: ConnectionUser | undefined;
  /** The listener that opened it, until its user is there. */
  listener: Listener | undefined;
  notices = 0;
  error: ConnectionError | undefined;
  /** ICMP said that the peer cannot be reached: the reason to give if it stays so. */
  unreachable = false;
  /** Keep-alive interval in ms; 0 when off (RFC 9293 §3.8.4), and the probes sent without an answer. */
  keepAlive = 0;
  keepAliveProbes = 0;
  /** What it may still send in its turn, in octets (deficit round robin). */
  credit = 0;

  sackPermitted = false;
  noDelay = false;
  /** Something is to be acknowledged at once. */
  ackNow = false;
  /** A window probe, a tail loss probe or a keep-alive is due. */
  probeDue: 'none' | 'window' | 'tail' | 'keep-alive' = 'none';
  synRepeated = false;
  finQueued = false;
  finSent = false;
  finReceived = false;
  /** Nobody will read any more: text that still arrives is answered by a reset (RFC 9293 §3.6.1). */
  detached = false;
  inAckQueue = false;
  inTextQueue = false;
  /** Octets of the datagrams that it was sent in its turns. */
  octetsSent = 0;

  constructor(
    tcp: Tcp,
    state: State,
    tuple: { localPort: number; remoteAddress: number; remotePort: number },
    iss: number,
  ) {
    this.tcp = tcp;
    this.state = state;
    this.localPort = tuple.localPort;
    this.remoteAddress = tuple.remoteAddress;
    this.remotePort = tuple.remotePort;
    this.sndUna = iss;
    this.sndNxt = iss;
    this.recover = iss;
    this.identification = iss & 0xffff;
  }

  /** The sequence number of the oldest octet in the send buffer. */
  get textUna(): number {
    return isOpening(this.state) ? add(this.sndUna, 1) : this.sndUna;
  }

  /** Octets in the send buffer that were never sent. */
  get unsent(): number {
    if (!this.sendBuffer || this.finSent) return 0;
    return this.sendBuffer.length - Math.max(0, distance(this.textUna, this.sndNxt));
  }

  /** Octets that a `send` would take now. */
  get sendRoom(): number {
    return this.tcp.settings.sendBuffer - (this.sendBuffer?.length ?? 0);
  }

  /** SEND: takes as much of `text` as there is room for and returns how much; 0 after CLOSE. */
  send(text: Uint8Array): number {
    if (this.finQueued || this.state === 'CLOSED') return 0;
    const taken = Math.min(text.length, this.sendRoom);
    if (taken === 0) return 0;
    this.sendBuffer ??= new SendBuffer();
    this.sendBuffer.append(taken === text.length ? text : text.subarray(0, taken));
    this.tcp.admission.given(this, taken);
    this.tcp.asked(this);
    return taken;
  }

  /** RECEIVE: some of the text that is there, or undefined. Reading opens the window. */
  receive(limit = 65_536): Uint8Array | undefined {
    const text = this.receiveBuffer?.read(limit);
    if (!text) return undefined;
    if (this.receiveBuffer?.empty) this.receiveBuffer = undefined;
    if (takesText(this.state) && openReceiveWindow(this)) this.acknowledgeNow();
    return text;
  }

  /** CLOSE: no more SENDs; FIN goes out after what was sent. The peer may go on sending. */
  close(): void {
    if (this.finQueued || this.state === 'CLOSED') return;
    if (this.state === 'SYN-SENT') return this.tcp.forget(this);
    this.finQueued = true;
    this.tcp.setState(this, ON_CLOSE[this.state] ?? this.state);
    this.tcp.asked(this);
  }

  /**
   * Lets go of the connection as close(2) does: CLOSE, and nobody reads any more. Text that was not
   * read, or that still comes, resets it (RFC 1122 §4.2.2.13).
   */
  release(): void {
    if (this.detached || this.state === 'CLOSED') return;
    this.detached = true;
    if ((this.receiveBuffer?.readable ?? 0) > 0 && isReset(this.state)) return this.abort();
    this.receiveBuffer = undefined;
    this.close();
    if (this.state === 'FIN-WAIT-2') this.#restartQuietTimer();
  }

  /** ABORT: a reset to the peer, and nothing is kept (RFC 9293 §3.10.5). */
  abort(): void {
    if (this.state === 'CLOSED') return;
    // In CLOSING before our FIN could go, the peer still waits for text.
    if (isReset(this.state) || (this.state === 'CLOSING' && !this.finSent)) this.tcp.sendReset(this);
    this.tcp.forget(this);
  }

  /** Nagle's algorithm off (RFC 9293 §3.7.4). */
  setNoDelay(noDelay: boolean): void {
    this.noDelay = noDelay;
    this.tcp.asked(this);
  }

  /** Probes a silent peer each `interval` ms; 0 turns it off (RFC 9293 §3.8.4: off by default). */
  setKeepAlive(interval: number): void {
    this.keepAlive = interval;
    this.keepAliveProbes = 0;
    if (takesText(this.state) || this.state === 'CLOSE-WAIT') this.#restartQuietTimer();
  }

  acknowledgeNow(): void {
    this.ackNow = true;
    this.tcp.changed(this);
  }

  #restartQuietTimer(): void {
    this.quietAt = TO_BE_STARTED;
    this.tcp.asked(this);
  }

  /** Tells the application, once what is going on now has been dealt with. */
  notify(notice: number): void {
    if (this.notices === 0) this.tcp.noticed.push(this);
    this.notices |= notice;
  }

  /** The buffer for text, made when there is some. */
  bufferForText(): ReceiveBuffer {
    this.receiveBuffer ??= new ReceiveBuffer(this.rcvNxt);
    return this.receiveBuffer;
  }
}
