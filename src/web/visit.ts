import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request on its way to its answer. */
export interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  /** The path as it came, undecoded: what it means is the site's to say. */
  path: string;
  query: URLSearchParams;
  /** The visitor's number, on pages that count. */
  number: number | undefined;
}

export function startVisit(request: IncomingMessage, response: ServerResponse): Visit {
  // A proxy's form of a request names the host too (RFC 9112 §3.2.2).
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const [, path, query] = /^([^?]*)\??(.*)$/s.exec(target)!;
  return { request, response, path: path || '/', query: new URLSearchParams(query), number: undefined };
}
