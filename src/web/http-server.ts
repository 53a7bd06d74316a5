import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { HttpConnection } from './http-connection.ts';
import { HTTP_LIMITS, type HttpLimits } from './http-limits.ts';
import { KeptConnections } from './kept-connections.ts';
import { declaresMore, limitBody, onFirstRead } from './request-body.ts';

export { HTTP_LIMITS, type HttpLimits };

const REFUSALS: Record<string, number> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
};

/** A listener that may hear as well of what it is not given. */
export interface HttpListener extends RequestListener {
  /** The request is refused before its turn: its response will emit 'refused'. */
  onRefused?: (request: IncomingMessage, response: ServerResponse) => void;
  /** The client was told `status` though no request had come: nonsense, or not all of one in time, or one client too many. */
  onUnasked?: (socket: Socket, status: number) => void;
}

/** One that can stop without cutting anybody short. */
export interface HttpServer extends Server {
  /** Lets no connection in any more; those that are there end once their requests are answered. */
  finish(): void;
  /** To be called each time that somebody begins to wait to be let in: an idle connection gives way. */
  relieve(): void;
  /** Whether a request is still to be answered. */
  readonly isBusy: boolean;
}

/**
 * An HTTP server that is given its connections by `server.emit('connection', duplex)` and never listens
 * itself. Of a connection's requests the listener is given one at a time. `server.close()` ends its timers
 * and its idle connections.
 */
export function createHttpServer(listener: HttpListener, limits: Partial<HttpLimits> = {}): HttpServer {
  const all = { ...HTTP_LIMITS, ...limits };
  const kept = new KeptConnections(all);
  // Node keeps connections a second longer than it is told: that time is the connection's own to see to.
  const node = createServer({ ...all, keepAliveTimeout: 0, requireHostHeader: false });
  const finishing = Object.assign(node, { finish: () => kept.finish(), relieve: () => kept.relieve() });
  const server = Object.defineProperty(finishing, 'isBusy', { get: () => kept.isBusy }) as HttpServer;
  // Half-open: else Node drops the answers that a client waits for once it has said all it has to say.
  Object.assign(server, { timeout: all.idleTimeout, httpAllowHalfOpen: true });
  const connections = new WeakMap<object, HttpConnection>();

  server.on('connection', (socket: Socket) => {
    const connection = new HttpConnection(socket, all);
    connection.onRefused = ({ request, response }) => listener.onRefused?.(request, response);
    connection.onUnasked = (status) => listener.onUnasked?.(socket, status);
    connections.set(socket, connection);
    kept.add(connection);
  });
  server.on('request', (request, response) => {
    const connection = connections.get(request.socket)!;
    const refusal = refusalOf(request, all);
    limitBody(request, {
      limit: all.maxBodySize,
      refuse: () => connection.refuse(413, response),
      isRefused: () => connection.isClosing,
    });
    connection.take({ request, response, answer: () => listener(request, response) }, refusal);
  });
  // Who asks first is told to go on when the body is wanted, and need not send what is refused (RFC 9110 §10.1.1).
  server.on('checkContinue', (request, response) => {
    onFirstRead(request, () => response.headersSent || response.writeContinue());
    server.emit('request', request, response);
  });
  server.on('checkExpectation', (request, response) => {
    const connection = connections.get(request.socket)!;
    connection.take({ request, response, answer: () => listener(request, response) }, 417);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET') socket.destroy();
    else connections.get(socket)?.break(REFUSALS[error.code ?? ''] ?? 400);
  });
  // Node starts the clock of unfinished requests only here.
  server.emit('listening');
  return server;
}

/**
 * The status of a request that is wrong by its head alone. Node's parser takes other versions, other codings
 * and any number of headers; and it is for the server to ask for one Host (RFC 9112 §3.2), and for no
 * transfer coding before HTTP/1.1 (§6.1).
 */
function refusalOf(request: IncomingMessage, limits: HttpLimits): number | undefined {
  const { httpVersion: version, headers, headersDistinct, rawHeaders } = request;
  const coding = headers['transfer-encoding'];
  const hosts = headersDistinct.host?.length ?? 0;
  if (version !== '1.1' && version !== '1.0') return 505;
  if (rawHeaders.length > 2 * limits.maxHeaders) return 431;
  if (hosts > 1 || (version === '1.1' && hosts === 0)) return 400;
  if (coding !== undefined && version === '1.0') return 400;
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') return 501;
  return declaresMore(request, limits.maxBodySize) ? 413 : undefined;
}
