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

/** What is noted of a connection. */
interface Notes {
  /** Bytes that it had written when its latest response was done. */
  written: number;
  /** Log the exchanges that are not done. */
  pending: Set<() => void>;
}

const notes = new WeakMap<Socket, Notes>();

/** Logs the exchange once its answer was handed over, or the client has gone. */
export function logWhenDone(exchange: Exchange, log: Log): void {
  const { request, response } = exchange;
  const { socket } = request;
  const began = performance.now();
  const address = addressOf(request);
  const { pending } = notesOn(socket);
  const done = () => {
    if (!pending.delete(done)) return;
    const fields = {
      visitor: exchange.visitor,
      address,
      method: request.method,
      path: request.url!.slice(0, LOGGED_LENGTH),
      status: response.statusCode,
      bytes: bytesSince(socket),
      ms: Math.round(performance.now() - began),
      ...(!response.writableFinished && { aborted: true }),
    };
    log.info(fields, 'request');
  };
  pending.add(done);
  response.once('close', done);
}

/** A response that waits behind others is not told that its connection was closed: so the connection tells. */
function notesOn(socket: Socket): Notes {
  const known = notes.get(socket);
  if (known) return known;
  const pending = new Set<() => void>();
  const noted = { written: 0, pending };
  notes.set(socket, noted);
  socket.once('close', () => {
    for (const done of pending) done();
  });
  return noted;
}

/** What the connection has written since the response before was done: this one, head included. */
function bytesSince(socket: Socket): number {
  const noted = notesOn(socket);
  const bytes = (socket.bytesWritten ?? 0) - noted.written;
  noted.written += bytes;
  return bytes;
}
