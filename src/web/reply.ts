import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { compress, type Encoding, LEAST_ENCODED } from './encoding.ts';

/**
 * Leaves out what a slow line need not carry. Date: nothing here is cached by age. Connection and
 * Keep-Alive: HTTP/1.1 persists unless told otherwise, and a client that asked to close knows it did.
 * A `Connection: close` that was set before stays.
 */
export function spareHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.sendDate = false;
  if (request.httpVersion === '1.1' && !response.hasHeader('Connection')) response.removeHeader('Connection');
}

/** Sends the head and all of `body` at once, so that they leave together; for HEAD the head alone. */
export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): void {
  response.writeHead(status, { ...headers, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export interface Encoded {
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

/** Of each response that a client with another `Accept-Encoding` might get otherwise: 304 and 206 too. */
export const VARY: OutgoingHttpHeaders = { Vary: 'Accept-Encoding' };

/** `body`, a text, as the client likes it best. */
export async function encode(body: Buffer, encoding: Encoding | undefined): Promise<Encoded> {
  if (body.length < LEAST_ENCODED) return { headers: {}, body };
  const encoded = encoding && (await compress(body, encoding));
  if (!encoded) return { headers: VARY, body };
  return { headers: { 'Content-Encoding': encoding, ...VARY }, body: encoded };
}

/** A line of text, where there is no page for it. */
export function replyText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  reply(request, response, status, { 'Content-Type': 'text/plain', ...headers }, Buffer.from(`${text}\n`));
}

/** Answers a method that pages do not know; a body that nobody wants is not waited for. */
export function refuseMethod(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (length !== undefined || coding !== undefined) response.setHeader('Connection', 'close');
  replyText(request, response, 405, 'Method not allowed', { Allow: 'GET, HEAD' });
}

/**
 * Body chunks that must come to the length that was announced: it frames the response, so that more would be
 * taken for the next one, and less is a response cut short.
 *
 * @param misjudged what to throw when `left` bytes are missing; negative where there are too many
 */
export async function* ofLength(
  length: number,
  chunks: AsyncIterable<Buffer>,
  misjudged: (left: number) => Error,
): AsyncGenerator<Buffer, void, undefined> {
  let left = length;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) throw misjudged(left);
    yield chunk;
  }
  if (left > 0) throw misjudged(left);
}
