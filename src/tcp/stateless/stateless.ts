import { DONT_FRAGMENT } from '../../wire/ipv4.ts';
import { Flag, type Segment, segmentLength, type TcpOptions } from '../../wire/tcp.ts';
import { buildDatagram } from '../datagram.ts';
import type { Listener, LongAnswer } from '../listener.ts';
import type { Tuple } from '../ports.ts';
import { scaleFor } from '../receive-window.ts';
import { add, before, distance } from '../seq.ts';
import type { Tcp } from '../tcp.ts';
import { Answer } from './answer.ts';
import { Answers } from './answers.ts';

/** Requests that the application may be answering at once; others come again. */
const MOST_MAKING = 256;
/** Answers too long for a segment that wait for a connection, and for how long they may, ms: clients are patient for 20 s. */
const MOST_WAITING = 64;
const LONGEST_WAIT = 10_000;

/**
 * Visitors for whom there is no connection (docs/decisions/005-stateless-tier.md). Whoever has acknowledged a
 * cookie, and sends a request in one segment, is answered in one segment with FIN. What goes out acknowledges the
 * request only together with the answer: until the peer has it, it sends the request again, and so mends the loss.
 */
export class Stateless {
  readonly #tcp: Tcp;
  readonly #answers = new Answers((answer) => this.#dismiss(answer));
  readonly #waiting = new Set<Answer>();
  #making = 0;

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
  }

  /** Answers that are remembered, and the octets that they take: both are bounded. */
  get kept(): { answers: number; octets: number } {
    return { answers: this.#answers.length, octets: this.#answers.octets };
  }

  /** When those who wait have waited for long enough, ms; Infinity when nobody does. */
  deadline(): number {
    const [first] = this.#waiting;
    return first?.givenUpAt ?? Number.POSITIVE_INFINITY;
  }

  /** Tells those who have waited for long enough that it was in vain. */
  expire(): void {
    for (const answer of this.#waiting) {
      if (answer.givenUpAt > this.#tcp.now) return;
      this.#giveUp(answer);
    }
  }

  /** There is no room for a connection: has the application answer the request, if `segment` is one. */
  ask(listener: Listener, tuple: Tuple, segment: Segment, offered: TcpOptions): undefined {
    const tcp = this.#tcp;
    const { text, flags } = segment;
    // Who has nothing to say need not wait for a connection to end.
    if (text.length === 0 && flags & Flag.FIN) tcp.resetSegment(tuple.remoteAddress, segment);
    if (!listener.answer || text.length === 0 || flags & Flag.SYN) return tcp.drop('tcp-connections-full');
    if (this.#making >= MOST_MAKING) return tcp.drop('tcp-answers-full');
    const answer = new Answer(listener, tuple, segment, offered, tcp.settings, tcp.now);
    this.#answers.add(answer);
    this.#making++;
    tcp.counters.textOctetsIn += text.length;
    const { remoteAddress, remotePort } = tuple;
    const client = { remoteAddress, remotePort, room: answer.room };
    listener.answer(answer.request!.text, client).then(
      (made) => this.#made(answer, made),
      () => this.#made(answer, undefined),
    );
    return undefined;
  }

  /** Whether a SYN is a late copy of that by which an answer was asked for. */
  knows(tuple: Tuple, { seq }: Segment): boolean {
    return this.#answers.find(tuple)?.irs === add(seq, 1);
  }

  /** Whether a segment that belongs to no connection is about an answer, and so is done with. */
  arrives(remoteAddress: number, segment: Segment): boolean {
    if (this.#answers.length === 0) return false;
    const tuple = { localPort: segment.destinationPort, remoteAddress, remotePort: segment.sourcePort };
    const answer = this.#answers.find(tuple);
    if (!answer?.isMeantBy(segment)) return false;
    if (segment.flags & Flag.RST) this.#isReset(answer);
    else this.#continues(answer, segment);
    return true;
  }

  /**
   * A router has said that the segment at `seq` is too big for the path. It cannot be made smaller, so that it goes in
   * fragments, as any datagram without DF may.
   *
   * @returns false where that is nobody's answer: the error is forged, or late (RFC 5927 §4.1)
   */
  isTooBig(tuple: Tuple, seq: number): boolean {
    const answer = this.#answers.find(tuple);
    if (answer?.state !== 'given' || seq !== answer.iss || answer.mayFragment) return false;
    answer.mayFragment = true;
    this.#queue(answer);
    return true;
  }

  /** Whoever waits with a long answer gets a connection as soon as there is room. */
  admitWaiting(): void {
    // Asked after each datagram, when even a loop over nobody takes its time.
    if (this.#waiting.size === 0) return;
    for (const answer of this.#waiting) {
      if (!this.#tcp.table.makeRoomForProved(answer.listener)) return;
      this.#admit(answer);
    }
  }

  /** The turn of `answer` has come. @returns its segment, if it is still wanted */
  transmit(answer: Answer): Uint8Array | undefined {
    if (!answer.text) return undefined;
    const { counters, now } = this.#tcp;
    if (answer.sentAt === Number.NEGATIVE_INFINITY) {
      counters.statelessAnswers++;
      counters.textOctetsOut += answer.text.length;
    } else counters.statelessRepeats++;
    answer.sentAt = now;
    return this.#build(answer, answer.iss, Flag.FIN | Flag.PSH, answer.text);
  }

  /** LISTEN ends at a port: who waits there for a connection gets none. */
  end(listener: Listener): void {
    for (const answer of this.#waiting) if (answer.listener === listener) this.#giveUp(answer);
  }

  /** Forgets everybody. */
  clear(): void {
    for (const answer of this.#answers.all()) this.#answers.forget(answer);
  }

  #isReset(answer: Answer): void {
    this.#tcp.counters.resetsIn++;
    this.#dismiss(answer);
  }

  #continues(answer: Answer, segment: Segment): void {
    const isAnswered = answer.state === 'given' || answer.state === 'acknowledged';
    if (isAnswered && segment.ack === answer.end) return this.#isAcknowledged(answer, segment);
    this.#tcp.drop('tcp-old-duplicate');
    if (answer.state === 'gone') this.#tcp.resetSegment(answer.tuple.remoteAddress, segment);
    else if (answer.state === 'given') this.#isRepeated(answer, segment);
    else answer.note(segment);
  }

  /** The peer lacks the answer, or some of it. An acknowledgment alone may be the handshake's, which came late. */
  #isRepeated(answer: Answer, segment: Segment): void {
    const isAsking = segmentLength(segment) > 0 || segment.ack !== answer.iss;
    // No acknowledgment can have come sooner.
    const isEarly = this.#tcp.now - answer.sentAt < this.#tcp.settings.lineTime;
    answer.note(segment);
    if (!isAsking || isEarly) return;
    this.#answers.renew(answer, this.#tcp.now);
    this.#queue(answer);
  }

  /** The peer has all of it; its FIN, and what it still has to say, is acknowledged by the segment alone. */
  #isAcknowledged(answer: Answer, segment: Segment): void {
    const tcp = this.#tcp;
    answer.state = 'acknowledged';
    this.#answers.release(answer);
    if (segmentLength(segment) === 0) return;
    if (before(answer.rcvEdge, add(segment.seq, segment.text.length))) {
      tcp.drop('tcp-text-after-close');
      return tcp.resetSegment(answer.tuple.remoteAddress, segment);
    }
    answer.note(segment);
    tcp.sendReply(() => this.#build(answer, answer.end, 0));
  }

  /** The application has an answer, or none. */
  #made(answer: Answer, made: Uint8Array | LongAnswer | undefined): void {
    this.#making--;
    const isShort = made instanceof Uint8Array;
    if (answer.state !== 'making') return void (isShort || made?.giveUp());
    if (isShort || !made) return this.#give(answer, made);
    if (this.#waiting.size >= MOST_WAITING) return this.#refuse(answer, made);
    answer.state = 'waiting';
    answer.long = made;
    answer.givenUpAt = this.#tcp.now + LONGEST_WAIT;
    this.#waiting.add(answer);
    this.#tcp.onPending();
  }

  /** Has `text` sent, or a reset where there is none that fits. */
  #give(answer: Answer, text: Uint8Array | undefined): void {
    answer.request = undefined;
    if (text === undefined || text.length > answer.room) {
      answer.state = 'gone';
      return this.#tcp.sendReset({ ...answer.tuple, sndNxt: answer.iss, rcvNxt: answer.rcvNxt });
    }
    answer.state = 'given';
    answer.end = add(answer.iss, text.length + 1);
    this.#answers.keep(answer, text);
    this.#queue(answer);
  }

  #giveUp(answer: Answer): void {
    const { long } = answer;
    this.#waiting.delete(answer);
    answer.long = undefined;
    this.#refuse(answer, long!);
  }

  #refuse(answer: Answer, long: LongAnswer): void {
    this.#tcp.counters.statelessRefusals++;
    this.#give(answer, long.giveUp());
  }

  /** The connection gets the answer that was begun. */
  #admit(answer: Answer): void {
    const { listener, tuple, offered, request, long } = answer;
    answer.long = undefined;
    this.#answers.forget(answer);
    this.#tcp.counters.statelessAdmissions++;
    const accept: Listener['accept'] = (connection) => long!.sendOver(connection);
    this.#tcp.changed(this.#tcp.handshakes.open({ ...listener, accept }, tuple, request!, offered));
  }

  /** Nobody waits for `answer` any more. */
  #dismiss(answer: Answer): void {
    answer.state = 'gone';
    answer.request = undefined;
    this.#answers.release(answer);
    this.#waiting.delete(answer);
    answer.long?.giveUp();
    answer.long = undefined;
  }

  #queue(answer: Answer): void {
    this.#tcp.turns.grantText(answer);
    this.#tcp.onPending();
  }

  #build(answer: Answer, seq: number, flags: number, text?: Uint8Array): Uint8Array {
    const { tuple, timestamp, rcvNxt: ack, rcvEdge } = answer;
    const options: TcpOptions = {};
    if (timestamp !== undefined)
      options.timestamps = { value: Math.floor(this.#tcp.now) | 0, echo: timestamp };
    const scale = answer.offered.windowScale === undefined ? 0 : scaleFor(this.#tcp.settings.receiveBuffer);
    // The edge that the SYN-ACK promised stays where it is, but for rounding.
    const window = Math.ceil(Math.max(0, distance(ack, rcvEdge)) / 2 ** scale);
    const header = { seq, ack, flags: flags | Flag.ACK, window, options };
    // A fragment belongs to any copy of its answer, for each has the same octets (RFC 6864 §4.3).
    return buildDatagram(
      this.#tcp,
      tuple,
      seq & 0xffff,
      header,
      text,
      answer.mayFragment ? 0 : DONT_FRAGMENT,
    );
  }
}
