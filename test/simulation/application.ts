import assert from 'node:assert/strict';
import type { Connection, ConnectionError } from '../../src/tcp/connection.ts';

/** What an application intends to do with its connection. */
export interface Plan {
  /** Octets to send, before it closes. */
  send: number;
  /** Largest pieces written and read at once, in octets, and the longest pause between two looks, in ms. */
  piece: number;
  pause: number;
  /** Gives up after so many octets sent; Infinity for never. */
  abortAfter: number;
  /** Lets go without reading to the end. */
  release: boolean;
  noDelay: boolean;
}

/** An octet of the stream that a side sends: any octet lost, doubled or out of place is found. */
function octetAt(salt: number, offset: number): number {
  return (salt + offset * 31 + (offset >> 8) * 7 + (offset >> 16) * 3) & 255;
}

/** A random application: writes, reads slowly, half-closes, aborts. */
export class Application {
  sent = 0;
  received = 0;
  opened = false;
  ended = false;
  aborted = false;
  isClosed = false;
  error: ConnectionError | undefined;

  readonly connection: Connection;
  readonly #plan: Plan;
  readonly #salts: { own: number; other: number };
  readonly #random: () => number;

  constructor(connection: Connection, plan: Plan, isServer: boolean, random: () => number) {
    this.connection = connection;
    this.#plan = plan;
    this.#random = random;
    const port = isServer ? connection.remotePort : connection.localPort;
    this.#salts = isServer ? { own: port + 1, other: port } : { own: port, other: port + 1 };
    connection.setNoDelay(plan.noDelay);
    connection.user = {
      opened: () => {
        this.opened = true;
      },
      readable: () => {},
      writable: () => {},
      closed: (error) => {
        this.isClosed = true;
        this.error = error;
      },
    };
  }

  /** Whether it has nothing more to do. */
  get isDone(): boolean {
    return this.isClosed || this.aborted || (this.ended && this.sent === this.#plan.send);
  }

  /** Takes one look at the connection; returns after how many ms the next is due, undefined for never. */
  act(): number | undefined {
    if (this.isDone) return undefined;
    const { abortAfter, release } = this.#plan;
    if (this.sent + this.received >= abortAfter) {
      this.aborted = true;
      if (release) this.connection.release();
      else this.connection.abort();
      return undefined;
    }
    this.#write();
    this.#read();
    return this.isDone ? undefined : this.#random() * this.#plan.pause;
  }

  #write(): void {
    const { send } = this.#plan;
    if (this.sent < send) {
      const piece = 1 + Math.floor(this.#random() * this.#plan.piece);
      const size = Math.min(send - this.sent, piece, this.connection.sendRoom + 1);
      const text = Uint8Array.from({ length: size }, (_, i) => octetAt(this.#salts.own, this.sent + i));
      this.sent += this.connection.send(text);
    }
    if (this.sent === send) this.connection.close();
  }

  #read(): void {
    const text = this.connection.receive(1 + Math.floor(this.#random() * this.#plan.piece));
    for (const octet of text ?? []) {
      assert.equal(
        octet,
        octetAt(this.#salts.other, this.received),
        `octet ${this.received} arrives as it was sent`,
      );
      this.received++;
    }
    if (text === undefined && this.connection.finReceived && !this.connection.receiveBuffer)
      this.ended = true;
  }
}
