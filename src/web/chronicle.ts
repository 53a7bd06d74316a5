import type { Answered } from './exchange.ts';
import type { Log } from './log.ts';

/** Of a path, as many characters are logged. */
const LOGGED_LENGTH = 200;

/** Tells the log, and whoever else wants to know, what became of each request. */
export class Chronicle {
  /** Whether only the networks of visitors are told: the last number of their addresses is 0. */
  anonymize: boolean;
  readonly #log: Log | undefined;
  readonly #onAnswered: (answered: Answered) => void;

  constructor(log: Log | undefined, onAnswered: (answered: Answered) => void, anonymize: boolean) {
    this.#log = log;
    this.#onAnswered = onAnswered;
    this.anonymize = anonymize;
  }

  tell(answered: Answered): void {
    const { address } = answered;
    const told = this.anonymize ? { ...answered, address: address.replace(/\.\d+$/, '.0') } : answered;
    this.#log?.info(fieldsOf(told), 'request');
    this.#onAnswered(told);
  }
}

function fieldsOf({ visitor, address, method, target, status, bytes, ms, aborted }: Answered): object {
  const path = target?.slice(0, LOGGED_LENGTH);
  return { visitor, address, method, path, status, bytes, ms, ...(aborted && { aborted }) };
}
