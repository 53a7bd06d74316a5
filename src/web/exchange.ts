import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Log } from './log.ts';
import { addressOf } from './values.ts';

/** One request on its way to its answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Decoded. */
  path: string;
  /** The visitor's number, where this is a visit. */
  visitor: number | undefined;
}

/** Of a request target, as many characters are logged. */
const LOGGED_LENGTH = 200;

/** Bytes that a connection had written when its latest response was done. */
const written = new WeakMap<Socket, number>();

/** Logs the exchange once its answer was handed over, or the client has gone. */
export function logWhenDone(exchange: Exchange, log: Log): void {
  const { request, response } = exchange;
  const began = performance.now();
  const address = addressOf(request);
  response.once('close', () => {
    const fields = {
      visitor: exchange.visitor,
      address,
      method: request.method,
      path: request.url!.slice(0, LOGGED_LENGTH),
      status: response.statusCode,
      bytes: bytesOf(request),
      ms: Math.round(performance.now() - began),
      ...(!response.writableFinished && { aborted: true }),
    };
    log.info(fields, 'request');
  });
}

/** Bytes of the response that is done, head included: what its connection has written since the one before. */
function bytesOf({ socket }: IncomingMessage): number {
  const now = socket.bytesWritten ?? 0;
  const bytes = now - (written.get(socket) ?? 0);
  written.set(socket, now);
  return bytes;
}
