import type { IncomingMessage } from 'node:http';

/**
 * Calls `refuse` when the body has grown beyond `limit` bytes. What comes after its reader has left, as
 * `for await` leaves at a `break`, is thrown away: nobody would make room for it, and the next request
 * would never be parsed.
 */
export function limitBody(request: IncomingMessage, limit: number, refuse: () => void): void {
  const { push, _destroy: destroy, socket } = request;
  let length = 0;
  request.push = (chunk, encoding) => {
    length += chunk?.length ?? 0;
    if (length > limit) refuse();
    if (length > limit || request.destroyed) return true;
    return push.call(request, chunk, encoding);
  };
  // That the connection may outlive such a reader, Node takes the socket from the request; others still ask it for it.
  request._destroy = (error, destroyed) => {
    destroy.call(request, error, destroyed);
    request.socket = socket;
  };
}

export function declaresMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > limit;
}
