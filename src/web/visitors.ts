import { type Clock, systemClock } from '../clock.ts';
import { DurableTally } from './durable-tally.ts';
import type { Log } from './log.ts';
import { Tally } from './tally.ts';
import { VisitorFile } from './visitor-file.ts';

/** The folder of the visitor counter cannot be made or written; `message` is for people. */
export class StateError extends Error {
  override name = 'StateError';
}

/** What a page server needs to know of its visitors. */
export interface Visitors {
  /** The number of the latest visitor. */
  readonly count: number;
  /** The same visits by hour, day and page. */
  readonly tally: Tally;
  /** Counts a visitor of `page`, a path. Resolves to the number as soon as it may be shown, to undefined if it may not; never rejects. */
  next(page: string): Promise<number | undefined>;
}

/** Visitors that are written to disk. */
export interface OpenVisitors extends Visitors {
  /** Waits for what is being written, and tries once more what the disk had refused. */
  close(): Promise<void>;
}

/** Where numbers are made durable; `VisitorFile`, but for tests. */
export interface NumberStore {
  readonly path: string;
  record(number: number): Promise<void>;
  close(): Promise<void>;
}

/** How long a disk that refused is left alone, in ms. */
const RETRY_AFTER = 5000;

/**
 * The visitor counter in `directory`.
 *
 * @throws {StateError} when the folder cannot be made or written
 */
export async function openVisitors(
  directory: string,
  log: Log,
  clock: Clock = systemClock,
): Promise<OpenVisitors> {
  const file = new VisitorFile(directory);
  const { number, keptAs } = await file.open().catch((error: Error) => {
    throw new StateError(
      `the visitor counter cannot be kept in ${directory} (${error.message}); --state names another folder`,
      { cause: error },
    );
  });
  if (keptAs) log.error({ keptAs, number }, `visitor file was damaged: continuing after visitor ${number}`);
  return new DurableVisitors(file, number, await DurableTally.open(directory, log, clock), log, clock);
}

/** Visitors counted in memory only. */
export class TransientVisitors implements Visitors {
  count = 0;
  readonly tally = new Tally();

  next(page: string): Promise<number> {
    this.tally.add(page, Date.now());
    return Promise.resolve(++this.count);
  }
}

/**
 * Numbers that are on disk before they are known. Visits that come while the disk is busy share the next
 * sync. While the disk refuses, visitors are counted in memory and none is shown a number; it is tried
 * again after a while.
 */
export class DurableVisitors implements OpenVisitors {
  count: number;
  readonly tally: DurableTally;
  readonly #store: NumberStore;
  readonly #log: Log;
  readonly #clock: Clock;
  #waiting: ((isDurable: boolean) => void)[] = [];
  #writing: Promise<void> | undefined;
  /** Set while the disk is left alone. */
  #retry: unknown;
  #refused = false;

  constructor(store: NumberStore, count: number, tally: DurableTally, log: Log, clock: Clock) {
    this.#store = store;
    this.count = count;
    this.tally = tally;
    this.#log = log;
    this.#clock = clock;
  }

  async next(page: string): Promise<number | undefined> {
    const number = ++this.count;
    this.tally.add(page, Date.now());
    if (this.#retry !== undefined) return undefined;
    const isDurable = new Promise<boolean>((resolve) => this.#waiting.push(resolve));
    this.#writing ??= this.#write();
    return (await isDurable) ? number : undefined;
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#clock.clearTimeout(this.#retry);
    if (this.#refused) await this.#record();
    this.#clock.clearTimeout(this.#retry);
    await this.#store.close();
    await this.tally.close();
  }

  /** One sync after the other, as long as somebody waits. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const shared = this.#waiting;
      this.#waiting = [];
      await this.#record();
      for (const resolve of shared) resolve(!this.#refused);
    }
    this.#writing = undefined;
  }

  async #record(): Promise<void> {
    this.#retry = undefined;
    const number = this.count;
    try {
      await this.#store.record(number);
      if (this.#refused) this.#log.info({ number }, 'visitor counter is on disk again');
      this.#refused = false;
    } catch (error) {
      if (!this.#refused) this.#tellRefused(error as Error);
      this.#retry = this.#clock.setTimeout(() => void this.#tryAgain(), RETRY_AFTER);
    }
  }

  #tryAgain(): void {
    this.#retry = undefined;
    this.#waiting.push(() => {});
    this.#writing ??= this.#write();
  }

  #tellRefused(error: Error): void {
    this.#refused = true;
    const path = this.#store.path;
    this.#log.error(
      { file: path, reason: error.message },
      'visitor counter cannot be written: visitors are counted in memory, and shown no number',
    );
  }
}
