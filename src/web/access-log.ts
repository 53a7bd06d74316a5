import { type FileHandle, open } from 'node:fs/promises';
import type { Answered } from './exchange.ts';
import type { Log } from './log.ts';

/** The file of the access log cannot be written; `message` is for people. */
export class AccessLogError extends Error {
  override name = 'AccessLogError';
}

/** What a slow disk may still owe, in lines; requests beyond it are left out of the file. */
const LARGEST_BACKLOG = 10_000;

/**
 * A file with a line for each request, in the combined format that Apache and nginx have made common. It can
 * be renamed and then reopened, as logrotate(8) does. A disk that refuses loses lines and nothing else, which
 * is said once; each further line is another attempt.
 */
export class AccessLog {
  readonly #path: string;
  readonly #log: Log;
  #file: FileHandle | undefined;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;
  #reopening = false;
  #refused = false;

  private constructor(path: string, log: Log, file: FileHandle) {
    this.#path = path;
    this.#log = log;
    this.#file = file;
  }

  /** @throws {AccessLogError} when the file cannot be written */
  static async open(path: string, log: Log): Promise<AccessLog> {
    try {
      return new AccessLog(path, log, await openToAppend(path));
    } catch (error) {
      throw new AccessLogError(`the access log cannot be written: ${(error as Error).message}`);
    }
  }

  write(answered: Answered): void {
    if (this.#lines.length >= LARGEST_BACKLOG) return;
    this.#lines.push(combinedLine(answered, new Date()));
    this.#writing ??= this.#writeLines();
  }

  /** Goes on in a file of the same name, after what was written so far. */
  reopen(): void {
    this.#reopening = true;
    this.#writing ??= this.#writeLines();
  }

  /** Resolves when all lines have been written, or refused. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
  }

  async #writeLines(): Promise<void> {
    while (this.#lines.length > 0 || this.#reopening) {
      try {
        await this.#writeOnce();
        if (this.#refused) this.#log.info({ file: this.#path }, 'access log is written again');
        this.#refused = false;
      } catch (error) {
        this.#tellRefused(error as Error);
      }
    }
    this.#writing = undefined;
  }

  async #writeOnce(): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    if (this.#reopening) {
      this.#reopening = false;
      const former = this.#file;
      this.#file = undefined;
      await former?.close();
    }
    this.#file ??= await openToAppend(this.#path);
    if (lines.length > 0) await this.#file.appendFile(lines.join(''));
  }

  #tellRefused({ message: reason }: Error): void {
    const path = this.#path;
    if (!this.#refused) this.#log.error({ file: path, reason }, 'access log cannot be written');
    this.#refused = true;
  }
}

function openToAppend(path: string): Promise<FileHandle> {
  return open(path, 'a', 0o640);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @param now the local time is logged, with its distance from UTC */
export function combinedLine(answered: Answered, now: Date): string {
  const { address, method, target, httpVersion, status, bodyBytes, referrer, userAgent } = answered;
  const request = method === undefined ? '-' : `${escaped(method)} ${escaped(target)} HTTP/${httpVersion}`;
  const fields = `"${request}" ${status} ${bodyBytes} "${escaped(referrer)}" "${escaped(userAgent)}"`;
  return `${address} - - [${timestamp(now)}] ${fields}\n`;
}

/** Nothing that a visitor sends ends a field or a line, or is a control character to a terminal. */
function escaped(text = '-'): string {
  return text.replace(
    /[^\x20-\x7e]|["\\]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Such as 24/Nov/2026:19:04:11 +0100. */
function timestamp(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const offset = -now.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${two(now.getDate())}/${MONTHS[now.getMonth()]}/${now.getFullYear()}`;
  return `${day}:${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())} ${zone}`;
}
