import { initialWindow } from './congestion.ts';
import { Connection } from './connection.ts';
import type { Listener } from './listener.ts';
import { DEFERRED_KEEP_ALIVE } from './open.ts';
import type { Tuple } from './ports.ts';
import { Rows } from './rows.ts';
import { add } from './seq.ts';
import type { Tcp } from './tcp.ts';
import { WHEEL_WIDTH, Wheel } from './wheel.ts';

/** A row, behind what the wheel keeps there. */
const REMOTE_ADDRESS = WHEEL_WIDTH;
const LOCAL_PORT = 16;
const REMOTE_PORT = 18;
const SND_NXT = 20;
const SND_WND = 24;
const MAX_SND_WND = 28;
const RCV_NXT = 32;
const RCV_EDGE = 36;
const SRTT = 40;
const RTTVAR = 44;
const TS_RECENT = 48;
const CHALLENGED_AT = 52;
const SND_MSS = 60;
const IDENTIFICATION = 62;
const SND_SCALE = 64;
const RCV_SCALE = 65;
const FLAGS = 66;
const KEEP_ALIVE_PROBES = 67;
const WIDTH = 68;

const Mark = { TIME_WAIT: 1, SACK: 2, TIMESTAMPS: 4, SYN_REPEATED: 8 } as const;

/**
 * Connections at rest, as rows of numbers: those in TIME-WAIT, and open ones that nobody has taken, for their
 * peers never sent any text. All else about them is as it is in any such connection. A segment or a
 * deadline makes a `Connection` of the row again.
 */
export class Rest {
  readonly #tcp: Tcp;
  readonly #rows = new Rows(WIDTH);
  readonly #open = new Wheel(this.#rows);
  readonly #timeWait = new Wheel(this.#rows);

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
  }

  /** @returns the row that stands for `c` from now on; its deadline is rounded up to a second */
  add(c: Connection): number {
    const row = this.#rows.take();
    writeRow(this.#rows.page(row), this.#rows.offset(row), c);
    this.#wheelOf(row).add(row, c.quietAt);
    return row;
  }

  /** The connection that the row stood for. */
  remove(row: number): Connection {
    const c = this.peek(row);
    this.#release(row);
    return c;
  }

  /** The row stands for nothing any more. @returns whom it stood for */
  forget(row: number): Tuple {
    const tuple = readTuple(this.#rows.page(row), this.#rows.offset(row));
    this.#release(row);
    return tuple;
  }

  /** The connection that the row stands for, to be looked at only. */
  peek(row: number): Connection {
    const c = readRow(this.#rows.page(row), this.#rows.offset(row), this.#tcp);
    c.quietAt = this.#wheelOf(row).deadlineOf(row);
    return c;
  }

  /** Whether it is one that nobody has taken yet. */
  isOpen(row: number): boolean {
    return !(this.#rows.page(row).getUint8(this.#rows.offset(row) + FLAGS) & Mark.TIME_WAIT);
  }

  /** The one that has been in TIME-WAIT for longest, to the second. */
  get oldestTimeWait(): number | undefined {
    return this.#timeWait.first;
  }

  /** The open one that has been silent for longest, about. */
  get oldestOpen(): number | undefined {
    return this.#open.first;
  }

  /** The earliest deadline, ms; Infinity when nothing is at rest. */
  get earliest(): number {
    return Math.min(this.#open.earliest, this.#timeWait.earliest);
  }

  /** A row with the earliest deadline. */
  get first(): number | undefined {
    return this.#open.earliest < this.#timeWait.earliest ? this.#open.first : this.#timeWait.first;
  }

  #release(row: number): void {
    this.#wheelOf(row).remove(row);
    this.#rows.release(row);
  }

  #wheelOf(row: number): Wheel {
    return this.isOpen(row) ? this.#open : this.#timeWait;
  }
}

/** Whether `c` may be at rest once it has been idle for longer than others. */
export function isIdle(c: Connection): boolean {
  return c.state === 'ESTABLISHED' && c.user === undefined;
}

/** Whether nobody has taken `c`, and a row says all there is to say about it. @param listener of its port */
export function isUntaken(c: Connection, listener: Listener | undefined): boolean {
  return isIdle(c) && c.listener === listener && listener?.deferAccept === true && isQuiet(c);
}

/** Whether `c` only waits for the end of TIME-WAIT, which a row can do. */
export function isDone(c: Connection): boolean {
  return c.state === 'TIME-WAIT' && isQuiet(c);
}

/** Whether `c` has nothing left to say or to be told. */
function isQuiet(c: Connection): boolean {
  if (c.flight || c.sendBuffer || c.receiveBuffer || c.finQueued !== c.finReceived) return false;
  const isWaiting = c.ackNow || c.inAckQueue || c.inTextQueue || c.probeDue !== 'none' || c.notices !== 0;
  return !isWaiting && c.ackAt === Number.POSITIVE_INFINITY && c.persistAt === Number.POSITIVE_INFINITY;
}

function writeRow(view: DataView, at: number, c: Connection): void {
  view.setUint32(at + REMOTE_ADDRESS, c.remoteAddress);
  view.setUint16(at + LOCAL_PORT, c.localPort);
  view.setUint16(at + REMOTE_PORT, c.remotePort);
  view.setInt32(at + SND_NXT, c.sndNxt);
  view.setUint32(at + SND_WND, c.sndWnd);
  view.setUint32(at + MAX_SND_WND, c.maxSndWnd);
  view.setInt32(at + RCV_NXT, c.rcvNxt);
  view.setInt32(at + RCV_EDGE, c.rcvEdge);
  view.setUint32(at + SRTT, c.srtt);
  view.setUint32(at + RTTVAR, c.rttvar);
  view.setInt32(at + TS_RECENT, c.timestamps?.recent ?? 0);
  view.setFloat64(at + CHALLENGED_AT, c.challengedAt);
  view.setUint16(at + SND_MSS, c.sndMss);
  view.setUint16(at + IDENTIFICATION, c.identification);
  view.setUint8(at + SND_SCALE, c.sndScale);
  view.setUint8(at + RCV_SCALE, c.rcvScale);
  view.setUint8(at + FLAGS, marksOf(c));
  view.setUint8(at + KEEP_ALIVE_PROBES, c.keepAliveProbes);
}

function marksOf(c: Connection): number {
  return (
    (c.state === 'TIME-WAIT' ? Mark.TIME_WAIT : 0) |
    (c.sackPermitted ? Mark.SACK : 0) |
    (c.timestamps ? Mark.TIMESTAMPS : 0) |
    (c.synRepeated ? Mark.SYN_REPEATED : 0)
  );
}

function readTuple(view: DataView, at: number): Tuple {
  return {
    localPort: view.getUint16(at + LOCAL_PORT),
    remoteAddress: view.getUint32(at + REMOTE_ADDRESS),
    remotePort: view.getUint16(at + REMOTE_PORT),
  };
}

function readRow(view: DataView, at: number, tcp: Tcp): Connection {
  const marks = view.getUint8(at + FLAGS);
  const c = new Connection(tcp, 'ESTABLISHED', readTuple(view, at), view.getInt32(at + SND_NXT));
  c.sndWnd = view.getUint32(at + SND_WND);
  c.maxSndWnd = view.getUint32(at + MAX_SND_WND);
  c.rcvNxt = view.getInt32(at + RCV_NXT);
  c.rcvEdge = view.getInt32(at + RCV_EDGE);
  c.srtt = view.getUint32(at + SRTT);
  c.rttvar = view.getUint32(at + RTTVAR);
  c.challengedAt = view.getFloat64(at + CHALLENGED_AT);
  c.sndMss = view.getUint16(at + SND_MSS);
  c.identification = view.getUint16(at + IDENTIFICATION);
  c.sndScale = view.getUint8(at + SND_SCALE);
  c.rcvScale = view.getUint8(at + RCV_SCALE);
  c.keepAliveProbes = view.getUint8(at + KEEP_ALIVE_PROBES);
  c.sackPermitted = (marks & Mark.SACK) !== 0;
  c.synRepeated = (marks & Mark.SYN_REPEATED) !== 0;
  if (marks & Mark.TIMESTAMPS) {
    // Rest does not last for so long that it would matter when it came.
    c.timestamps = { recent: view.getInt32(at + TS_RECENT), recentAt: tcp.now };
  }
  c.sndWl1 = c.lastAckSent = c.rcvNxt;
  c.sndWl2 = c.sndUna;
  if (marks & Mark.TIME_WAIT) becomeTimeWait(c);
  else becomeOpen(c);
  return c;
}

function becomeTimeWait(c: Connection): void {
  c.state = 'TIME-WAIT';
  c.finQueued = c.finSent = c.finReceived = c.detached = true;
  c.cwnd = c.sndMss;
}

/** Nothing was sent yet, or its peer would have been taken: the windows are the handshake's. */
function becomeOpen(c: Connection): void {
  c.recover = add(c.sndUna, -1);
  c.cwnd = c.synRepeated ? c.sndMss : initialWindow(c.sndMss);
  c.keepAlive = DEFERRED_KEEP_ALIVE;
  c.listener = c.tcp.listenerOf(c.localPort);
}
