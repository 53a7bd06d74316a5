import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ifThere, keepAside, replaceFile } from './durable-file.ts';

/** Records live on pages of their own, so that a write torn by a power cut spoils none but its own. */
const SLOT_LENGTH = 4096;
const SLOTS = 4;
/** `number checksum\n`: 16 digits, 8 hexadecimal digits. */
const RECORD_LENGTH = 26;
const RECORD = /^(\d{16}) ([0-9a-f]{8})\n$/;

export interface Recovered {
  /** The largest number found; 0 in a new file. */
  number: number;
  /** Where a damaged file was kept; undefined when it was sound. */
  keptAs: string | undefined;
}

/**
 * One number on disk that only grows. The file has its full length from the start and is overwritten in
 * place, so a full disk cannot refuse a record. Each record goes to two of the four slots, and the next
 * one to the other two: neither a torn write nor one spoilt slot loses what was recorded.
 */
export class VisitorFile {
  readonly path: string;
  #handle: FileHandle | undefined;
  #turn = 0;

  constructor(directory: string) {
    this.path = join(directory, 'visitors');
  }

  /**
   * Opens or makes the file, and shows that it can be written: in place, so on a full disk too. Where that
   * has no room for a new file, or one in place of a damaged one, that is made by the first record that finds some.
   *
   * @throws the file system's other errors
   */
  async open(): Promise<Recovered> {
    await mkdir(dirname(this.path), { recursive: true });
    const slots = await readSlots(this.path);
    const numbers = slots?.map(parseRecord) ?? [];
    const sound = numbers.filter((number) => number !== undefined);
    const isDamaged = sound.length < numbers.length;
    const number = Math.max(0, ...(sound.length > 0 ? sound : (slots ?? []).map(anyNumberIn)));
    const keptAs = isDamaged ? await keepAside(this.path) : undefined;
    if (slots && !isDamaged) this.#handle = await open(this.path, 'r+');
    await this.record(number).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
    });
    return { number, keptAs };
  }

  /** Resolves once `number` is on disk. @throws the file system's errors; the next call starts afresh */
  async record(number: number): Promise<void> {
    try {
      if (!this.#handle) return await this.#recreate(number);
      const first = (this.#turn++ % 2) * 2;
      const record = formatRecord(number);
      for (const slot of [first, first + 1]) {
        await this.#handle.write(record, 0, RECORD_LENGTH, slot * SLOT_LENGTH);
      }
      await this.#handle.datasync();
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** A new file under another name, renamed over the old one when it is safe on disk. */
  async #recreate(number: number): Promise<void> {
    const content = Buffer.alloc(SLOTS * SLOT_LENGTH, '\n');
    for (let slot = 0; slot < SLOTS; slot++) formatRecord(number).copy(content, slot * SLOT_LENGTH);
    await replaceFile(this.path, content);
    this.#handle = await open(this.path, 'r+');
  }
}

function formatRecord(number: number): Buffer {
  const digits = String(number).padStart(16, '0');
  return Buffer.from(`${digits} ${checksum(digits)}\n`);
}

/** The number in a slot; undefined when its record is damaged. */
function parseRecord(slot: Buffer): number | undefined {
  const [, digits, sum] = RECORD.exec(slot.toString('latin1', 0, RECORD_LENGTH)) ?? [];
  return digits !== undefined && checksum(digits) === sum ? Number(digits) : undefined;
}

/** What a spoilt slot may still tell, where none is sound: too large a number is better than one shown already. */
function anyNumberIn(slot: Buffer): number {
  return Math.max(0, ...(slot.toString('latin1').match(/\b\d{1,16}(?= )/g) ?? []).map(Number));
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** The four slots, short or empty where the file is; undefined when there is no file. */
async function readSlots(path: string): Promise<Buffer[] | undefined> {
  const handle = await ifThere(open(path, 'r'));
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SLOTS * SLOT_LENGTH), 0);
    const content = buffer.subarray(0, bytesRead);
    return Array.from({ length: SLOTS }, (_, i) => content.subarray(i * SLOT_LENGTH, (i + 1) * SLOT_LENGTH));
  } finally {
    await handle.close();
  }
}
