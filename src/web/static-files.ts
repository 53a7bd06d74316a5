import { createReadStream, type ReadStream, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { parse } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { lookup } from 'mime-types';
import send from 'send';
import { bestEncoding, createEncoder, type Encoding, LEAST_ENCODED } from './encoding.ts';
import { FileCache } from './file-cache.ts';
import { encode, reply, VARY } from './reply.ts';
import {
  etagHeld,
  isUnwanted,
  quotedEtag,
  type Range,
  rangeOf,
  type Version,
  versionOf,
} from './validators.ts';

/** Up to here a file is sent from memory, in bytes. */
const SMALL = 262_144;
/** Up to here a text is encoded once and kept; beyond, as it is sent. */
const KEPT_TEXT = 1_048_576;
const CACHE_SIZE = 8_388_608;
export const TEXT =
  /^text\/|[/+](json|xml|javascript)$|^image\/(svg\+xml|bmp)$|^application\/(wasm|rtf|manifest)/;

interface File {
  path: string;
  size: number;
  version: Version;
  type: string;
  /** Whether clients may get it in different encodings. */
  isText: boolean;
}

/** Sends the files of a site. */
export class StaticFiles {
  readonly #cache = new FileCache(CACHE_SIZE);

  /**
   * Answers with the file at `path`; `onPage` is told where that is a whole HTML page.
   *
   * @throws the file system's errors, before anything was sent or in the midst of it
   */
  async send(
    request: IncomingMessage,
    response: ServerResponse,
    { path, stats }: { path: string; stats: Stats },
    onPage: () => void,
  ): Promise<void> {
    const file = describe(path, stats);
    if (isUnwanted(request, file.version)) return reply(request, response, 412, {}, NOTHING);
    const held = etagHeld(request, file.version, file.isText);
    if (held !== undefined) return sendUnchanged(request, response, file, held);
    const range = rangeOf(request, file.size, file.version);
    if (range === 'unsatisfiable') return sendUnsatisfiable(request, response, file.size);
    if (range) return sendRange(request, response, file, range);
    // It shows no number, so that it need not wait until the visit is on disk.
    if (file.type.startsWith('text/html')) onPage();
    const encoding = file.isText ? bestEncoding(request.headers['accept-encoding']) : undefined;
    if (file.size <= SMALL || (encoding && file.size <= KEPT_TEXT)) {
      return this.#sendKept(request, response, file, encoding);
    }
    if (encoding) return sendEncoded(request, response, file, encoding);
    return sendPlain(request, response, file);
  }

  async #sendKept(
    request: IncomingMessage,
    response: ServerResponse,
    file: File,
    encoding: Encoding | undefined,
  ): Promise<void> {
    const key = `${file.version.etag} ${encoding} ${file.path}`;
    const { headers, body } = await this.#cache.get(key, async () => {
      const content = await readFile(file.path);
      return file.isText ? encode(content, encoding) : { headers: {}, body: content };
    });
    const encoded = headers['Content-Encoding'] as Encoding | undefined;
    reply(request, response, 200, { ...headersOf(request, file, encoded), ...headers }, body);
  }
}

const NOTHING = Buffer.alloc(0);

function describe(path: string, stats: Stats): File {
  const type = contentType(path);
  const isText = TEXT.test(type) && stats.size >= LEAST_ENCODED;
  return { path, size: stats.size, version: versionOf(stats), type, isText };
}

function contentType(path: string): string {
  const type = lookup(path) || 'application/octet-stream';
  return type.startsWith('text/') ? `${type};charset=utf-8` : type;
}

/**
 * One validator is all that revalidation needs, and another would only cost its 46 bytes: the ETag, or for HTTP/1.0,
 * which knows none, Last-Modified. Large files, whose downloads may break off, have both for those who resume them.
 */
function headersOf(request: IncomingMessage, file: File, encoding?: Encoding): OutgoingHttpHeaders {
  const { type, version, size, isText } = file;
  return {
    'Content-Type': type,
    ...validatorOf(request, file, quotedEtag(version.etag, encoding)),
    ...(size > SMALL && !encoding && lastModified(version)),
    ...(isText && VARY),
  };
}

function validatorOf({ httpVersion }: IncomingMessage, { version }: File, etag: string): OutgoingHttpHeaders {
  return httpVersion === '1.0' ? lastModified(version) : { ETag: etag };
}

function lastModified({ modified }: Version): OutgoingHttpHeaders {
  return { 'Last-Modified': modified.toUTCString() };
}

function sendUnchanged(request: IncomingMessage, response: ServerResponse, file: File, etag: string): void {
  response.writeHead(304, { ...validatorOf(request, file, etag), ...(file.isText && VARY) });
  response.end();
}

function sendUnsatisfiable(request: IncomingMessage, response: ServerResponse, size: number): void {
  reply(request, response, 416, { 'Content-Range': `bytes */${size}` }, NOTHING);
}

function sendPlain(request: IncomingMessage, response: ServerResponse, file: File): Promise<void> {
  const headers = { ...headersOf(request, file), 'Accept-Ranges': 'bytes' };
  return sendStored(request, response, file, headers, { start: 0, end: file.size - 1 });
}

/** A part of the file. Who says of which version (If-Range) has its headers already (RFC 9110 §15.3.7). */
function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  file: File,
  range: Range,
): Promise<void> {
  const { start, end } = range;
  const headers = headersOf(request, file);
  const { 'Content-Type': _type, 'Last-Modified': _modified, ...required } = headers;
  response.statusCode = 206;
  const head = {
    ...(request.headers['if-range'] === undefined ? headers : required),
    'Content-Range': `bytes ${start}-${end}/${file.size}`,
  };
  return sendStored(request, response, file, head, range);
}

async function sendEncoded(
  request: IncomingMessage,
  response: ServerResponse,
  file: File,
  encoding: Encoding,
): Promise<void> {
  response.writeHead(200, { ...headersOf(request, file, encoding), 'Content-Encoding': encoding });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file.path), createEncoder(encoding), response);
}

/** A file is no longer what the head of its response said. */
export class FileChanged extends Error {}

/**
 * Has `send` send the bytes of a range as they are on the disk. Of the request it is shown the method alone: what else
 * was asked for has been decided (docs/decisions/003-static-files.md).
 */
async function sendStored(
  { method }: IncomingMessage,
  response: ServerResponse,
  { path }: File,
  headers: OutgoingHttpHeaders,
  { start, end }: Range,
): Promise<void> {
  const { dir: root, base } = parse(path);
  const asked = { method, headers: {} } as IncomingMessage;
  const options = { root, start, end, dotfiles: 'allow', index: false, ...NO_HEADERS } as const;
  const sending = send(asked, encodeURIComponent(base), options);
  sending.on('headers', () => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value!);
  });
  await new Promise<void>((resolve, reject) => {
    sending.on('error', (error: Error) => {
      if (!response.headersSent) for (const name of Object.keys(headers)) response.removeHeader(name);
      reject(error);
    });
    sending.on('stream', (content: ReadStream) => {
      if (!headers['Content-Type']) response.removeHeader('Content-Type');
      content.on('end', () => {
        if (content.bytesRead === end - start + 1) return;
        // The client would take the next answer for the rest.
        response.destroy();
        reject(new FileChanged(`${path} has become shorter`));
      });
    });
    sending.pipe(response);
    finished(response).then(resolve, reject);
  });
}

/** Of those that `send` knows, none: they are ours to choose. */
const NO_HEADERS = { acceptRanges: false, cacheControl: false, etag: false, lastModified: false };
