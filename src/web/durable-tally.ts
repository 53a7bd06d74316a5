import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ifThere, keepAside, replaceFile } from './durable-file.ts';
import type { Log } from './log.ts';
import { Tally, type TallyRecord } from './tally.ts';

/** How long a change may wait for the disk, in ms. */
const SAVE_AFTER = 60_000;

/**
 * A tally on disk. It is nobody's promise, so it is not written before a page is shown but a minute
 * later, whole: a process that is killed loses a minute of it at most.
 */
export class DurableTally extends Tally {
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  #timer: unknown;
  #saving = Promise.resolve();
  #refused = false;

  private constructor(path: string, record: TallyRecord | undefined, log: Log, clock: Clock) {
    super(record);
    this.#path = path;
    this.#log = log;
    this.#clock = clock;
  }

  /** Never rejects: without a file that can be read, the tally begins anew, and the log says so. */
  static async open(directory: string, log: Log, clock: Clock): Promise<DurableTally> {
    const path = join(directory, 'visits.json');
    const record = await read(path).catch(async (error: Error) => {
      const keptAs = await keepAside(path).catch(() => undefined);
      log.error({ file: path, keptAs, reason: error.message }, 'visits by hour, day and page begin anew');
      return undefined;
    });
    return new DurableTally(path, record, log, clock);
  }

  override add(page: string, time: number): void {
    super.add(page, time);
    this.#timer ??= this.#clock.setTimeout(() => this.#save(), SAVE_AFTER);
  }

  /** Resolves when all that was counted has been written, or refused. */
  async close(): Promise<void> {
    if (this.#timer !== undefined) this.#save();
    await this.#saving;
  }

  #save(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#write());
  }

  /** What the disk refuses is kept, and tried again with the next visit. */
  async #write(): Promise<void> {
    const path = this.#path;
    try {
      await replaceFile(path, `${JSON.stringify(this)}\n`);
      this.#refused = false;
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#refused)
        this.#log.error({ file: path, reason }, 'visits by hour, day and page cannot be written');
      this.#refused = true;
    }
  }
}

/** @returns undefined when there is no file. @throws the file system's errors, and {SyntaxError} when it is damaged */
async function read(path: string): Promise<TallyRecord | undefined> {
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const record = JSON.parse(text);
  if (isRecord(record)) return record;
  throw new SyntaxError('it is no record of visits');
}

function isRecord(record: TallyRecord | null): record is TallyRecord {
  return (
    areCounts(record?.hours, Number.isSafeInteger) &&
    areCounts(record?.days, Number.isSafeInteger) &&
    areCounts(record?.pages, (page) => typeof page === 'string')
  );
}

function areCounts(entries: unknown, isKey: (key: unknown) => boolean): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.every((entry) => isKey(entry?.[0]) && Number.isSafeInteger(entry[1]) && entry[1] >= 0);
}
