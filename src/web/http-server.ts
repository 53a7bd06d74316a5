import { createServer, type RequestListener, type Server } from 'node:http';

/** What a client may ask of the server. Times in ms, sizes in bytes. */
export interface HttpLimits {
  /** From a request's first byte to the end of its headers; then 408. */
  headersTimeout: number;
  /** From a request's first byte to its last; then 408. */
  requestTimeout: number;
  /** How long an idle connection is kept for another request. */
  keepAliveTimeout: number;
  /** A request's headers altogether; beyond them 431. */
  maxHeaderSize: number;
}

export const HTTP_LIMITS: HttpLimits = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 15_000,
  maxHeaderSize: 8192,
};

/** How often unfinished requests are looked at, in ms. */
const CHECK_INTERVAL = 1000;

/** An HTTP server without a port of its own: `server.emit('connection', stream)` gives it a connection. */
export function createHttpServer(listener: RequestListener, limits: Partial<HttpLimits> = {}): Server {
  const options = { ...HTTP_LIMITS, ...limits, connectionsCheckingInterval: CHECK_INTERVAL };
  const server = createServer(options, listener);
  // Node looks at its time limits only once it believes that it listens.
  server.emit('listening');
  return server;
}
