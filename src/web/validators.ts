import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { bestEncoding, type Encoding, weightsOf } from './encoding.ts';

/** What tells one version of a file from another. */
export interface Version {
  /** Of the file as it is, without quotes. */
  etag: string;
  modified: Date;
}

/** A short strong validator of a file's content, by what changes with it. */
export function versionOf(stats: Stats): Version {
  const identity = `${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${stats.ino}`;
  const etag = createHash('sha256').update(identity).digest('base64url').slice(0, 8);
  return { etag, modified: stats.mtime };
}

/** A letter more in the ETag: another encoding is another representation (RFC 9110 §8.8.3.3). */
const LETTER: Record<Encoding, string> = { br: 'b', gzip: 'g' };

/** The ETag of the file in `encoding`, with its quotes. */
export function quotedEtag(etag: string, encoding: Encoding | undefined): string {
  return `"${etag}${encoding ? LETTER[encoding] : ''}"`;
}

/** Whether the client wants this only in another version than this (RFC 9110 §13.1.1, §13.1.4). */
export function isUnwanted({ headers }: IncomingMessage, { etag, modified }: Version): boolean {
  const tags = headers['if-match'];
  if (tags !== undefined) {
    const known = ['*', ...allTags(etag)];
    return !listOf(tags).some((tag) => known.includes(tag));
  }
  return inSeconds(modified) > Date.parse(headers['if-unmodified-since'] ?? '');
}

/**
 * The ETag of what the client has already and may go on using (RFC 9110 §13.2.2). It may have the file in
 * any encoding that it takes now: a shared cache asks for clients that take none.
 */
export function etagHeld(
  { headers }: IncomingMessage,
  { etag, modified }: Version,
  isText: boolean,
): string | undefined {
  const tags = headers['if-none-match'];
  const accepted = isText ? headers['accept-encoding'] : undefined;
  if (tags === undefined) {
    const isHeld = inSeconds(modified) <= Date.parse(headers['if-modified-since'] ?? '');
    return isHeld ? quotedEtag(etag, bestEncoding(accepted)) : undefined;
  }
  const held = listOf(tags).map((tag) => tag.replace(/^W\//, ''));
  if (held.includes('*')) return quotedEtag(etag, undefined);
  const { br, gzip } = weightsOf(accepted);
  const [plain, asBr, asGzip] = allTags(etag);
  const usable = [plain, br > 0 && asBr, gzip > 0 && asGzip];
  return held.find((tag) => usable.includes(tag));
}

function allTags(etag: string): string[] {
  return [quotedEtag(etag, undefined), quotedEtag(etag, 'br'), quotedEtag(etag, 'gzip')];
}

function listOf(header: string): string[] {
  return header.split(',').map((item) => item.trim());
}

export interface Range {
  /** First and last byte, as in `fs.createReadStream`. */
  start: number;
  end: number;
}

/**
 * The one range that the client asks for of `size` bytes (RFC 9110 §14.2).
 *
 * @returns undefined for the whole file: no GET, no range, several, malformed, or of another version of it
 *   (If-Range); 'unsatisfiable' when it begins after the end
 */
export function rangeOf(
  request: IncomingMessage,
  size: number,
  version: Version,
): Range | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(request.headers.range ?? '') ?? [];
  if (request.method !== 'GET' || !isSameVersion(request, version)) return undefined;
  if (first === undefined || last === undefined || first + last === '') return undefined;
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
function isSameVersion({ headers }: IncomingMessage, { etag, modified }: Version): boolean {
  const condition = headers['if-range'];
  if (condition === undefined) return true;
  return condition === quotedEtag(etag, undefined) || Date.parse(String(condition)) === inSeconds(modified);
}

/** HTTP's dates have no fractions. */
function inSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
