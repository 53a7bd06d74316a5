import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';

/** The state cannot be kept. The message says it in one line, for people. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

const FILE = 'visitors';
/** Each of the two slots is a sector: what tears at a power cut is one of them, never both. */
const SLOT = 512;

/**
 * Counts visitors, durably: a number is on the disk before anyone is shown it. The file has two slots
 * that are written in turn, in place, so a torn write costs nothing that was shown, and a full disk
 * nothing at all. Visits that come together share one sync.
 */
export class Visitors {
  readonly #file: FileHandle;
  readonly #log: Logger;
  #count: number;
  #slot = 0;
  #waiting: ((number: number | undefined) => void)[] = [];
  #writing: Promise<void> | undefined;
  #failing = false;

  constructor(file: FileHandle, count: number, log: Logger) {
    this.#file = file;
    this.#count = count;
    this.#log = log;
  }

  /** Visitors so far. */
  get count(): number {
    return this.#count;
  }

  /** Counts one more; resolves to its number, or to undefined while the disk takes none: then nobody may be shown it. */
  next(): Promise<number | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#writing ??= this.#writeAll();
    });
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      const first = this.#count + 1;
      this.#count += waiting.length;
      const durable = await this.#write(this.#count);
      for (const [i, resolve] of waiting.entries()) resolve(durable ? first + i : undefined);
    }
    this.#writing = undefined;
  }

  /** Failures are told once; each further visit tries again. */
  async #write(count: number): Promise<boolean> {
    try {
      await this.#file.write(encode(count), 0, SLOT, this.#slot * SLOT);
      await this.#file.datasync();
      this.#slot = 1 - this.#slot;
      if (this.#failing) this.#log.info({ count }, 'the visitor counter is kept again');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        this.#log.error({ error }, 'the visitor counter cannot be kept; pages go without it');
      this.#failing = true;
    }
    return !this.#failing;
  }
}

/**
 * Opens the counter in `directory`, which is made if need be.
 *
 * @throws {StateError} when the folder or the file cannot be written
 */
export async function openVisitors(directory: string, log: Logger): Promise<Visitors> {
  const path = join(directory, FILE);
  try {
    await mkdir(directory, { recursive: true });
    let file = await openOrCreate(path);
    const { count, slot, damaged } = await read(file);
    if (damaged) {
      await file.close();
      const aside = `${path}.damaged-${new Date().toISOString().replaceAll(':', '')}`;
      await rename(path, aside);
      log.error({ aside, count }, 'the visitor counter was damaged; the file was put aside');
      file = await openOrCreate(path);
    }
    const visitors = new Visitors(file, count, log);
    await initialise(file, directory, count, 1 - slot);
    return visitors;
  } catch (error) {
    throw new StateError(`the state cannot be kept in ${directory}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'wx+');
  }
}

/** Both slots are written once, the one that counts last, so that the file has its final size, and the folder knows of it. */
async function initialise(file: FileHandle, directory: string, count: number, first: number): Promise<void> {
  await file.write(encode(count), 0, SLOT, first * SLOT);
  await file.datasync();
  await file.write(encode(count), 0, SLOT, (1 - first) * SLOT);
  await file.sync();
  const folder = await open(directory, 'r');
  await folder.sync();
  await folder.close();
}

/** The larger of the two numbers and its slot; `damaged` when neither slot of a file that is not empty can be read. */
async function read(file: FileHandle): Promise<{ count: number; slot: number; damaged: boolean }> {
  const content = await file.readFile('latin1');
  const counts = [content.slice(0, SLOT), content.slice(SLOT, 2 * SLOT)].map(decode);
  const best = Math.max(counts[0] ?? -1, counts[1] ?? -1);
  if (best >= 0) return { count: best, slot: counts.indexOf(best), damaged: false };
  return { count: anyNumberIn(content), slot: 0, damaged: content.length > 0 };
}

/** A line of text that people can read: the number, its checksum, and blanks to the slot's end. */
function encode(count: number): Buffer {
  const text = `${count} ${checksumOf(String(count))}`;
  return Buffer.from(`${text.padEnd(SLOT - 1)}\n`, 'latin1');
}

function decode(slot: string): number | undefined {
  const [, digits, checksum] = /^(\d+) ([0-9a-f]{16}) *\n$/.exec(slot) ?? [];
  return digits !== undefined && checksum === checksumOf(digits) ? Number(digits) : undefined;
}

/** What a damaged file may still tell: too high a count is better than one that somebody was shown already. */
function anyNumberIn(content: string): number {
  const numbers = content.match(/^\d{1,15}(?= )/gm) ?? [];
  return Math.max(0, ...numbers.map(Number));
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
