import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  STATUS_CODES,
} from 'node:http';
import type { Duplex } from 'node:stream';

export interface HttpLimits {
  /** For the head of a request to be complete, from its first byte (408 after it), in ms. */
  headersTimeout: number;
  /** For the whole request with its body, in ms. */
  requestTimeout: number;
  /** How often these two are looked at, in ms: they may be late by as much. */
  connectionsCheckingInterval: number;
  /** How long a kept connection waits for its next request, in ms. */
  keepAliveTimeout: number;
  /** How long a connection may make no progress at all, in ms. */
  idleTimeout: number;
  /** The request line and headers, in bytes (431 beyond). */
  maxHeaderSize: number;
  /** The body of a request, in bytes (413 beyond). */
  maxBodySize: number;
  /** Requests on one connection; it is closed after the last. */
  maxRequestsPerSocket: number;
}

export const HTTP_LIMITS: HttpLimits = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 15_000,
  idleTimeout: 300_000,
  maxHeaderSize: 8192,
  maxBodySize: 1_048_576,
  maxRequestsPerSocket: 1000,
};

/** How long the last words to a refused client may take, in ms. */
const LINGER = 5000;

const REFUSALS: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/**
 * An HTTP server that is given its connections by `server.emit('connection', duplex)` and never listens
 * itself. `server.close()` ends its timers and its idle connections.
 */
export function createHttpServer(listener: RequestListener, limits: Partial<HttpLimits> = {}): Server {
  const all = { ...HTTP_LIMITS, ...limits };
  const { headersTimeout, requestTimeout, connectionsCheckingInterval, keepAliveTimeout, maxHeaderSize } =
    all;
  const server = createServer({
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval,
    keepAliveTimeout,
    maxHeaderSize,
  });
  server.timeout = all.idleTimeout;
  const requests = new WeakMap<Duplex, number>();
  server.on('request', (request, response) => {
    const count = (requests.get(request.socket) ?? 0) + 1;
    requests.set(request.socket, count);
    if (count >= all.maxRequestsPerSocket) response.setHeader('Connection', 'close');
    if (limitBody(request, all.maxBodySize)) listener(request, response);
  });
  // Asked first, a client need not send what would be refused.
  server.on('checkContinue', (request, response) => {
    if (!declaresMore(request, all.maxBodySize)) response.writeContinue();
    server.emit('request', request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else refuse(socket, REFUSALS[error.code ?? ''] ?? 400);
  });
  // Node starts the clock of unfinished requests only here.
  server.emit('listening');
  return server;
}

/** Refuses a body larger than `limit`, at once or when it has grown so far. */
function limitBody(request: IncomingMessage, limit: number): boolean {
  if (declaresMore(request, limit)) {
    refuse(request.socket, 413);
    return false;
  }
  const push = request.push;
  let length = 0;
  request.push = (chunk, encoding) => {
    length += chunk?.length ?? 0;
    if (length <= limit) return push.call(request, chunk, encoding);
    refuse(request.socket, 413);
    return true;
  };
  return true;
}

function declaresMore(request: IncomingMessage, limit: number): boolean {
  return Number(request.headers['content-length'] ?? 0) > limit;
}

/** Answers with `status` alone and closes; what still comes is read and thrown away, so that no reset overtakes it. */
function refuse(socket: Duplex, status: number): void {
  if (!socket.writable) return;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  const timer = setTimeout(() => socket.destroy(), LINGER).unref();
  socket.once('close', () => clearTimeout(timer));
}
