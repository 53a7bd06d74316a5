import { createReadStream, type Stats } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { lookup } from 'mrmime';
import { bestEncoding, createEncoder, type Encoding } from './encoding.ts';
import { FileCache } from './file-cache.ts';
import { encode, reply } from './reply.ts';
import { etagOf, isUnchanged, type Range, rangeOf } from './validators.ts';

/** Up to here a file is sent from memory, in bytes. */
const SMALL = 65_536;
/** Up to here a text is encoded once and kept; beyond, as it is sent. */
const KEPT_TEXT = 1_048_576;
const CACHE_SIZE = 8_388_608;
export const TEXT =
  /^text\/|[/+](json|xml|javascript)$|^image\/(svg\+xml|bmp)$|^application\/(wasm|rtf|manifest)/;

interface File {
  path: string;
  stats: Stats;
  /** Without quotes. */
  etag: string;
  type: string;
}

/** Sends the files of a site. */
export class StaticFiles {
  readonly #cache = new FileCache(CACHE_SIZE);

  /**
   * Answers with the file at `path`; `beforePage` is awaited where that is a whole HTML page.
   *
   * @throws the file system's errors, before anything was sent or in the midst of it
   */
  async send(
    request: IncomingMessage,
    response: ServerResponse,
    { path, stats }: { path: string; stats: Stats },
    beforePage: () => Promise<void>,
  ): Promise<void> {
    const file = { path, stats, etag: etagOf(stats), type: contentType(path) };
    const encoding = TEXT.test(file.type) ? bestEncoding(request.headers['accept-encoding']) : undefined;
    if (isUnchanged(request, file.etag, stats.mtime)) return sendUnchanged(response, file);
    const range = rangeOf(request, stats.size, file.etag, stats.mtime);
    if (range === 'unsatisfiable') return sendUnsatisfiable(request, response, stats.size);
    if (range) return sendPlain(request, response, file, range);
    if (file.type.startsWith('text/html')) await beforePage();
    if (stats.size <= SMALL || (encoding && stats.size <= KEPT_TEXT)) {
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
    const { headers, body } = await this.#cache.get(`${file.etag} ${encoding} ${file.path}`, async () =>
      encode(await readFile(file.path), encoding),
    );
    reply(request, response, 200, { ...headersOf(file, headers), ...headers }, body);
  }
}

/** An ETag is all that revalidation needs: a Last-Modified beside it would only cost its 46 bytes. */
function headersOf(file: File, encodingHeaders: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  const encoding = encodingHeaders['Content-Encoding'] as Encoding | undefined;
  return { 'Content-Type': file.type, ETag: `"${file.etag}${encoding ? ETAG_LETTER[encoding] : ''}"` };
}

/** What is sent in another encoding is another representation, with another strong ETag (RFC 9110 §8.8.3.3). */
const ETAG_LETTER: Record<Encoding, string> = { br: 'b', gzip: 'g' };

function sendUnchanged(response: ServerResponse, file: File): void {
  response.writeHead(304, { ETag: `"${file.etag}"` });
  response.end();
}

function sendUnsatisfiable(request: IncomingMessage, response: ServerResponse, size: number): void {
  reply(request, response, 416, { 'Content-Range': `bytes */${size}` }, Buffer.alloc(0));
}

/** The file, or a part of it, as the client can take it. Large ones say what is needed to resume them. */
async function sendPlain(
  request: IncomingMessage,
  response: ServerResponse,
  file: File,
  range?: Range,
): Promise<void> {
  const { start, end } = range ?? { start: 0, end: file.stats.size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headersOf(file),
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    'Last-Modified': file.stats.mtime.toUTCString(),
    ...(range && { 'Content-Range': `bytes ${start}-${end}/${file.stats.size}` }),
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file.path, { start, end }), response);
}

async function sendEncoded(
  request: IncomingMessage,
  response: ServerResponse,
  file: File,
  encoding: Encoding,
): Promise<void> {
  const headers = { 'Content-Encoding': encoding, Vary: 'Accept-Encoding' };
  response.writeHead(200, { ...headersOf(file, headers), ...headers });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file.path), createEncoder(encoding), response);
}

function contentType(path: string): string {
  const type = lookup(path) ?? 'application/octet-stream';
  return type.startsWith('text/') ? `${type};charset=utf-8` : type;
}
