import type { IncomingMessage } from 'node:http';

/** What is done with a body. */
export interface BodyLimit {
  /** In bytes. */
  limit: number;
  /** Called when the body has grown beyond. */
  refuse: () => void;
  /** Whether it was refused meanwhile. */
  isRefused: () => boolean;
}

/**
 * Keeps a body within its limit. What comes after it was refused or after its reader has left, as
 * `for await` leaves at a `break`, is thrown away: nobody would make room for it, and neither the next
 * request nor the end of the connection would ever be seen.
 */
export function limitBody(request: IncomingMessage, { limit, refuse, isRefused }: BodyLimit): void {
  const { push, _destroy: destroy, socket } = request;
  let length = 0;
  request.push = (chunk, encoding) => {
    length += chunk?.length ?? 0;
    if (length > limit) refuse();
    if (length > limit || request.destroyed || isRefused()) return true;
    return push.call(request, chunk, encoding);
  };
  // That the connection may outlive such a reader, Node takes the socket from the request; others still ask it for it.
  request._destroy = (error, destroyed) => {
    destroy.call(request, error, destroyed);
    request.socket = socket;
  };
}

/** Calls `ask` when somebody begins to read a body of which nothing has come yet. */
export function onFirstRead(request: IncomingMessage, ask: () => void): void {
  const { _read: read } = request;
  request._read = (size) => {
    request._read = read;
    if (request.readableLength === 0) ask();
    read.call(request, size);
  };
}

export function declaresMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > limit;
}
