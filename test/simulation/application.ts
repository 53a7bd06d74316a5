import assert from 'node:assert/strict';
import type { Connection, ConnectionError, ConnectionUser } from '../../src/tcp/connection.ts';
import { add } from '../../src/tcp/seq.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';

/** What an application does with a connection; times in ms, sizes in octets. */
export interface Plan {
  /** Octets to write in all, in pieces of up to `piece`, `writePause` apart. */
  total: number;
  piece: number;
  writePause: number;
  /** Most octets of one read, and the pause between reads. */
  readSize: number;
  readPause: number;
  /** After the last write: close, release, or wait for the peer's FIN and close then. */
  ending: 'close' | 'release' | 'wait';
  /** ABORT, or close(2), after so long whatever happens; Infinity not to. */
  abortAfter: number;
  releaseAfter: number;
  noDelay: boolean;
  keepAlive: number;
}

/** @param mostOctets that are written in all */
export function drawPlan(dice: Dice, mss: number, mostOctets: number): Plan {
  const isSlow = dice.chance(0.3);
  return {
    total: drawTotal(dice, mostOctets),
    piece: dice.pick([1, 100, mss, 3 * mss, mostOctets].filter((piece) => piece * 300 >= mostOctets)),
    writePause: dice.chance(0.6) ? 0 : dice.magnitude(1, 2000),
    readSize: isSlow ? dice.magnitude(Math.max(1, mostOctets / 200), mostOctets) : 65_536,
    readPause: isSlow ? dice.magnitude(1, 3000) : 0,
    ending: dice.pick(['close', 'close', 'release', 'wait']),
    abortAfter: dice.chance(0.08) ? dice.magnitude(1, 60_000) : Infinity,
    releaseAfter: dice.chance(0.08) ? dice.magnitude(1, 60_000) : Infinity,
    noDelay: dice.chance(0.5),
    keepAlive: dice.chance(0.1) ? dice.magnitude(500, 100_000) : 0,
  };
}

function drawTotal(dice: Dice, mostOctets: number): number {
  if (dice.chance(0.15)) return 0;
  return dice.chance(0.4) ? dice.integer(1, mostOctets) : dice.magnitude(1, mostOctets);
}

/** What the octet at `offset` of a stream is: streams and places can be told apart. */
export function octetAt(stream: number, offset: number): number {
  return Math.imul((stream + offset) | 0, 0x9e3779b1) >>> 24;
}

function piece(stream: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = octetAt(stream, offset + i);
  return bytes;
}

/** An application at one end of a connection: it writes a known stream and checks the one that arrives. */
export class Application implements ConnectionUser {
  readonly connection: Connection;
  readonly plan: Plan;
  /** Initial sequence numbers: they name the two streams. */
  readonly iss: number;
  irs: number | undefined;
  sent = 0;
  received = 0;
  sawEnd = false;
  /** It released or aborted the connection itself, or closed it before it was open: the peer's text may be lost. */
  leftEarly = false;
  /** It let go of text that it had not read: the peer must not be made to believe that all went well. */
  refusedText = false;
  /** Its host went away without a word. */
  crashed = false;
  isClosed = false;
  error: ConnectionError | undefined;

  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #acted: () => void;
  #reading = false;
  #writing = false;
  #awaitsRoom = false;
  #ended = false;

  /** @param acted is called after it called the connection by itself */
  constructor(
    connection: Connection,
    iss: number,
    plan: Plan,
    clock: VirtualClock,
    dice: Dice,
    acted: () => void,
  ) {
    this.connection = connection;
    this.iss = iss;
    this.plan = { ...plan };
    this.#clock = clock;
    this.#dice = dice;
    this.#acted = acted;
    connection.user = this;
    if (connection.state !== 'SYN-SENT') this.#noteIrs();
    if (plan.noDelay) connection.setNoDelay(true);
    if (plan.keepAlive > 0) connection.setKeepAlive(plan.keepAlive);
    if (plan.abortAfter !== Infinity) this.#later(plan.abortAfter, () => this.#abort());
    if (plan.releaseAfter !== Infinity) this.#later(plan.releaseAfter, () => this.#release());
    this.#writeSoon();
  }

  opened(): void {
    this.#noteIrs();
  }

  readable(): void {
    this.#noteIrs();
    if (this.plan.readPause === 0) this.#read();
    else this.#readSoon();
  }

  writable(): void {
    if (this.#awaitsRoom && this.#dice.chance(0.7)) this.#write();
    else this.#writeSoon();
  }

  closed(error: ConnectionError | undefined): void {
    assert.equal(this.isClosed, false, 'closed() was called twice');
    this.isClosed = true;
    this.error = error;
    // What arrived before is still there to be read.
    for (let text = this.connection.receive(); text; text = this.connection.receive()) this.#take(text);
    this.#look();
  }

  /** Reads and writes at full speed from now on, and ends. */
  hurry(): void {
    Object.assign(this.plan, { readPause: 0, writePause: 0, readSize: 65_536, piece: 65_536 });
    if (this.plan.ending === 'wait') this.plan.ending = 'close';
    if (this.crashed || this.isClosed) return;
    this.#read();
    this.#write();
    this.#acted();
  }

  #noteIrs(): void {
    const { rcvNxt, finReceived, receiveBuffer } = this.connection;
    this.irs ??= add(rcvNxt, -(receiveBuffer?.readable ?? 0) - (finReceived ? 1 : 0) - 1);
  }

  #readSoon(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#later(this.plan.readPause * (0.5 + this.#dice.fraction()), () => {
      this.#reading = false;
      this.#read();
    });
  }

  #read(): void {
    if (this.leftEarly) return;
    const { plan, connection } = this;
    for (let text = connection.receive(plan.readSize); text; text = connection.receive(plan.readSize)) {
      this.#take(text);
      if (plan.readPause > 0 && connection.receiveBuffer) return this.#readSoon();
    }
    this.#look();
  }

  /** Everything was read: perhaps that was the end. */
  #look(): void {
    if (this.sawEnd || !this.connection.finReceived || this.leftEarly) return;
    this.sawEnd = true;
    if (this.plan.ending === 'wait') this.#writeSoon();
  }

  #take(text: Uint8Array): void {
    const offset = this.received;
    this.#verify(text, offset);
    this.received += text.length;
    // What was handed over is the application's: it stays as it is.
    if (this.#dice.chance(0.2)) this.#clock.setTimeout(() => this.#verify(text, offset), 500);
  }

  #verify(text: Uint8Array, offset: number): void {
    for (let i = 0; i < text.length; i++) {
      if (text[i] === octetAt(this.irs!, offset + i)) continue;
      assert.fail(`octet ${offset + i} of ${this.connection.remotePort}'s stream is wrong`);
    }
  }

  #writeSoon(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#later(this.plan.writePause * (0.5 + this.#dice.fraction()), () => {
      this.#writing = false;
      this.#write();
    });
  }

  #write(): void {
    if (this.#ended || this.isClosed) return;
    const { plan, connection } = this;
    this.#awaitsRoom = false;
    while (this.sent < plan.total) {
      const wanted = Math.min(this.#dice.integer(1, plan.piece), plan.total - this.sent);
      const taken = connection.send(piece(this.iss, this.sent, wanted));
      this.sent += taken;
      if (taken < wanted) {
        this.#awaitsRoom = true;
        return;
      }
      if (plan.writePause > 0) return this.#writeSoon();
    }
    this.#end();
  }

  #end(): void {
    if (this.plan.ending === 'wait' && !this.sawEnd) return;
    this.#ended = true;
    if (this.plan.ending === 'release') return this.#release();
    if (this.connection.state === 'SYN-SENT') this.leftEarly = true;
    this.connection.close();
  }

  #release(): void {
    if (this.isClosed) return;
    // Text that was not read, or that still comes, is refused by a reset.
    if (!this.sawEnd) this.leftEarly = true;
    this.refusedText = (this.connection.receiveBuffer?.readable ?? 0) > 0 && !this.connection.finQueued;
    this.#ended = true;
    this.connection.release();
  }

  #abort(): void {
    if (this.isClosed) return;
    this.leftEarly = true;
    this.#ended = true;
    this.connection.abort();
  }

  #later(ms: number, action: () => void): void {
    this.#clock.setTimeout(() => {
      if (this.crashed) return;
      action();
      this.#acted();
    }, ms);
  }
}
