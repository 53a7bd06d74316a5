import type { Connection } from './connection.ts';
import { Queue } from './queue.ts';
import { fullDatagram } from './settings.ts';
import { Answer } from './stateless/answer.ts';
import type { Tcp } from './tcp.ts';
import { buildAcknowledgment, hasTextToSend, nextText } from './transmit.ts';

/** Replies to those without a connection that wait to be sent; more are not made: they will ask again. */
const MOST_REPLIES = 16;

/** Whose turn it is to send. What is to be said is built only then. */
export class Turns {
  readonly #tcp: Tcp;
  readonly #acks = new Queue<Connection>();
  readonly #texts = new Queue<Connection | Answer>();
  /** Resets, and acknowledgments for those without a connection. */
  readonly #replies = new Queue<Uint8Array>();
  /** Whether an answer to a SYN without state went out last: then text has a turn first, whatever floods in. */
  #answeredLast = false;
  /**
   * Octets that acknowledgments and resets may take before text that waits has a turn: a flood of segments that
   * call for an answer must not hold it up.
   */
  #controlCredit: number;

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
    this.#controlCredit = fullDatagram(tcp.settings);
  }

  /** Whether anybody has a turn to come. */
  get arePending(): boolean {
    return this.#replies.length + this.#acks.length + this.#texts.length > 0;
  }

  /**
   * Whether those that have something to send, and the windows to do so, need more than so many octets: each for what
   * is left of its visit, or else for a turn.
   */
  needMoreThan(octets: number): boolean {
    const { admission, settings } = this.#tcp;
    const { visit } = admission;
    // Asked for each SYN, and mostly there are few.
    if (this.#texts.length * visit <= octets) return false;
    let left = octets;
    for (const c of this.#texts) {
      const ofVisit = c instanceof Answer ? 0 : Math.min(c.unsent, visit - c.octetsSent);
      left -= Math.max(fullDatagram(settings), ofVisit);
      if (left < 0) return true;
    }
    return false;
  }

  get takesReplies(): boolean {
    return this.#replies.length < MOST_REPLIES;
  }

  queueReply(reply: Uint8Array): void {
    this.#replies.push(reply);
  }

  /** Gives `c` the turns that it has use for. @returns whether one came to those that it had */
  grant(c: Connection): boolean {
    let granted = false;
    if (c.ackNow && !c.inAckQueue) {
      c.inAckQueue = granted = true;
      this.#acks.push(c);
    }
    if (c.inTextQueue || !hasTextToSend(c)) return granted;
    this.grantText(c);
    return true;
  }

  /** A turn for text, unless `c` has one; an answer without a connection has it as if it were one. */
  grantText(c: Connection | Answer): void {
    if (!c.inTextQueue) this.#texts.push(c);
    c.inTextQueue = true;
  }

  /** A pure acknowledgment or a reset that waits to be sent. */
  transmitControl(): Uint8Array | undefined {
    if (this.#controlCredit <= 0 && this.#texts.length > 0) return undefined;
    for (let c = this.#acks.shift(); c; c = this.#acks.shift()) {
      c.inAckQueue = false;
      if (!c.ackNow || c.state === 'CLOSED') continue;
      // Where its text goes next anyway, the acknowledgment rides on it.
      const aboutToSend = this.#texts.length === 1 && this.#texts.peek() === c;
      const datagram = (aboutToSend ? this.transmitText() : undefined) ?? this.#spend(buildAcknowledgment(c));
      this.#tcp.changed(c);
      return datagram;
    }
    const reply = this.#replies.shift();
    return reply ? this.#spend(reply) : this.#answerSyn();
  }

  /** The next segment with text, SYN or FIN: connections take turns, fair by bytes (deficit round robin). */
  transmitText(): Uint8Array | undefined {
    this.#answeredLast = false;
    for (let c = this.#texts.peek(); c; c = this.#texts.peek()) {
      if (c instanceof Answer) {
        const answer = this.#transmitAnswer(c);
        if (answer) return answer;
        continue;
      }
      const datagram = c.state === 'CLOSED' ? undefined : nextText(c);
      if (datagram) {
        this.#pay(c, datagram.length);
        this.#tcp.changed(c);
        return datagram;
      }
      this.#texts.shift();
      c.inTextQueue = false;
      c.credit = Math.min(c.credit, 0);
      if (c.state !== 'CLOSED') this.#tcp.settle(c);
    }
    return undefined;
  }

  #transmitAnswer(answer: Answer): Uint8Array | undefined {
    this.#texts.shift();
    answer.inTextQueue = false;
    const datagram = this.#tcp.stateless.transmit(answer);
    if (!datagram) return undefined;
    this.#noteText(datagram.length);
    this.#tcp.admission.sent(datagram.length);
    return datagram;
  }

  #answerSyn(): Uint8Array | undefined {
    if (this.#answeredLast && this.#texts.length > 0) return undefined;
    const answer = this.#tcp.handshakes.transmit();
    this.#answeredLast = answer !== undefined;
    return answer;
  }

  #spend(control: Uint8Array): Uint8Array {
    this.#controlCredit -= control.length;
    return control;
  }

  /**
   * Charges a turn, and passes it on once the credit is used up. While others wait to be let in, a visit is finished before
   * the next: were it to take turns with them, each would last as long as all of them, and its visitor would have left.
   */
  #pay(c: Connection, length: number): void {
    const { admission, handshakes, settings } = this.#tcp;
    this.#noteText(length);
    c.octetsSent += length;
    if (handshakes.areWaiting && c.octetsSent < admission.visit) return;
    c.credit -= length;
    if (c.credit > 0) return;
    c.credit += fullDatagram(settings);
    this.#texts.shift();
    this.#texts.push(c);
  }

  #noteText(length: number): void {
    const quantum = fullDatagram(this.#tcp.settings);
    this.#controlCredit = Math.min(this.#controlCredit + length, quantum);
  }
}
