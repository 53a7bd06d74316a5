import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { IncomingMessage } from 'node:http';

/** A short strong validator of a file's content, by what changes with it. */
export function etagOf(stats: Stats): string {
  const identity = `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
  return createHash('sha256').update(identity).digest('base64url').slice(0, 8);
}

/**
 * Whether the client has the file already (RFC 9110 §13.2.2). `etag` without quotes; the client's may
 * have a letter more, that of the encoding in which it got the file.
 */
export function isUnchanged(request: IncomingMessage, etag: string, modified: Date): boolean {
  const tags = request.headers['if-none-match'];
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim() === '*' || tagMatches(tag.trim(), etag));
  }
  const since = request.headers['if-modified-since'];
  return since !== undefined && inSeconds(modified) <= Date.parse(since);
}

function tagMatches(tag: string, etag: string): boolean {
  const [, opaque] = /^(?:W\/)?"(.{8})[bg]?"$/.exec(tag) ?? [];
  return opaque === etag;
}

export interface Range {
  /** First and last byte, as in `fs.createReadStream`. */
  start: number;
  end: number;
}

/**
 * The one range that the client asks for of `size` bytes (RFC 9110 §14.2).
 *
 * @returns undefined for the whole file: no range, several, malformed, or of another version of it
 *   (If-Range); 'unsatisfiable' when it begins after the end
 */
export function rangeOf(
  request: IncomingMessage,
  size: number,
  etag: string,
  modified: Date,
): Range | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (!isSameVersion(request, etag, modified)) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}

/** If-Range (RFC 9110 §13.1.5): strong comparison, and dates must be the same. */
function isSameVersion(request: IncomingMessage, etag: string, modified: Date): boolean {
  const condition = request.headers['if-range'];
  if (condition === undefined) return true;
  return (
    typeof condition === 'string' &&
    (condition === `"${etag}"` || Date.parse(condition) === inSeconds(modified))
  );
}

/** HTTP's dates have no fractions. */
function inSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
