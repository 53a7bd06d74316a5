import { keyOf, type Tuple } from '../ports.ts';
import type { Answer } from './answer.ts';

/** How long an answer is remembered that nobody asks for, in ms: clients ask at least every two minutes. */
const LIFE = 300_000;
/** Answers that are remembered, and octets of those that may have to be sent again. */
const MOST_ANSWERS = 4096;
const MOST_OCTETS = 1_048_576;

/** The latest requests that were answered without a connection. What is forgotten is asked for anew. */
export class Answers {
  /** By remote address and port, in the order in which they were asked for last. */
  readonly #known = new Map<number, Answer>();
  /** Those whose text is kept, the oldest first. */
  readonly #texts = new Set<Answer>();
  #octets = 0;
  /** Told of each that is forgotten. */
  readonly #forgotten: (answer: Answer) => void;

  constructor(forgotten: (answer: Answer) => void) {
    this.#forgotten = forgotten;
  }

  get length(): number {
    return this.#known.size;
  }

  /** Octets of answers that are kept. */
  get octets(): number {
    return this.#octets;
  }

  find({ localPort, remoteAddress, remotePort }: Tuple): Answer | undefined {
    const answer = this.#known.get(keyOf(remoteAddress, remotePort));
    return answer?.tuple.localPort === localPort ? answer : undefined;
  }

  /** Remembers one that was asked for now. */
  add(answer: Answer): void {
    const { remoteAddress, remotePort } = answer.tuple;
    const key = keyOf(remoteAddress, remotePort);
    const previous = this.#known.get(key);
    if (previous) this.forget(previous);
    this.#known.set(key, answer);
    for (const oldest of this.#known.values()) {
      if (this.#known.size <= MOST_ANSWERS && answer.askedAt - oldest.askedAt < LIFE) return;
      this.forget(oldest);
    }
  }

  /** It was asked for once more. */
  renew(answer: Answer, now: number): void {
    const { remoteAddress, remotePort } = answer.tuple;
    const key = keyOf(remoteAddress, remotePort);
    answer.askedAt = now;
    this.#known.delete(key);
    this.#known.set(key, answer);
  }

  /** Keeps its text, at the expense of the oldest ones. */
  keep(answer: Answer, text: Uint8Array): void {
    answer.text = text;
    this.#texts.add(answer);
    this.#octets += text.length;
    for (const oldest of this.#texts) {
      if (this.#octets <= MOST_OCTETS) return;
      this.forget(oldest);
    }
  }

  /** Its text is of no use any more. */
  release(answer: Answer): void {
    if (!this.#texts.delete(answer)) return;
    this.#octets -= answer.text!.length;
    answer.text = undefined;
  }

  forget(answer: Answer): void {
    const { remoteAddress, remotePort } = answer.tuple;
    this.#known.delete(keyOf(remoteAddress, remotePort));
    this.#forgotten(answer);
  }

  /** All of them; any may be forgotten meanwhile. */
  all(): Iterable<Answer> {
    return this.#known.values();
  }
}
