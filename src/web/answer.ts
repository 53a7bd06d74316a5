import type { IncomingMessage } from 'node:http';
import { acceptedEncoding, compress } from './compress.ts';
import type { Visit } from './visit.ts';

/** Leaves out the headers that say nothing: the date (RFC 9110 §6.6.1 lets it be), and what HTTP/1.1 does anyway. */
export function sparing({ request, response }: Visit): void {
  response.sendDate = false;
  if (request.httpVersion === '1.1') response.removeHeader('Connection');
}

/** Sends a body that is made anew each time, encoded if that saves something. */
export async function sendBody(visit: Visit, status: number, type: string, body: Buffer): Promise<void> {
  const encoding = acceptedEncoding(visit.request.headers['accept-encoding']);
  const encoded = encoding && (await compress(body, encoding));
  visit.response.setHeader('Vary', 'Accept-Encoding');
  if (encoded) visit.response.setHeader('Content-Encoding', encoding);
  finish(visit, status, type, encoded ?? body);
}

/** Headers and body in one piece, so that they leave in one segment where they fit. */
export function finish({ request, response }: Visit, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': body.length });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Whether the client has this content already, in whatever encoding (RFC 9110 §13.1.2). */
export function isKnown(request: IncomingMessage, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  const known = header.split(',').map((tag) =>
    tag
      .trim()
      .replace(/^W\//, '')
      .replace(/-(br|gzip)"$/, '"'),
  );
  return known.includes(etag) || known.includes('*');
}
