import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
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

/** What became of a request: all that logs and metrics tell of it. */
export interface Answered {
  visitor: number | undefined;
  /** The client's, a dotted quad. */
  address: string;
  /** This and the next two are undefined where what came was no request. */
  method: string | undefined;
  /** What was asked for, without its query: forms put secrets there. */
  target: string | undefined;
  httpVersion: string | undefined;
  status: number;
  /** Bytes of the answer, with its head and without. */
  bytes: number;
  bodyBytes: number;
  /** When the request came: ms of `performance.now()`. */
  began: number;
  /** Until the answer was handed over, in ms. */
  ms: number;
  /** Whether the client went away before that. */
  aborted: boolean;
  /** Fields of the request; the first without a query as well. */
  referrer: string | undefined;
  userAgent: string | undefined;
  socket: Socket;
  /** Calls back once the client has acknowledged all of it; never where the connection ends before. */
  delivered(callback: () => void): void;
}

/** What a response emits once its connection has said its last words in its place. */
export const REFUSED = 'refused';

/** What is noted of a connection. */
interface Notes {
  /** Bytes that it had written when its latest response was done. */
  written: number;
  /** Log the exchanges that are not done. */
  pending: Set<() => void>;
}

const notes = new WeakMap<Socket, Notes>();

/** Tells of the exchange once its answer was handed over, or it was refused, or the client has gone. */
export function whenAnswered(exchange: Exchange, tell: (answered: Answered) => void): void {
  const { request, response } = exchange;
  const { method, socket, headers, httpVersion } = request;
  const target = request.url!;
  const began = performance.now();
  const address = addressOf(request);
  const { pending } = notesOn(socket);
  const end = (how: 'answered' | 'refused' | 'gone') => {
    if (!pending.delete(gone)) return;
    const bytes = bytesSince(socket);
    const aborted = how === 'gone';
    tell({
      visitor: exchange.visitor,
      address,
      method,
      target: withoutSecrets(target),
      httpVersion,
      status: response.statusCode,
      bytes,
      bodyBytes: how === 'refused' ? 0 : Math.max(0, bytes - headLength(response)),
      began,
      ms: Math.round(performance.now() - began),
      aborted,
      referrer: headers.referer && withoutSecrets(headers.referer),
      userAgent: headers['user-agent'],
      socket,
      delivered: (callback) => whenDelivered(socket, aborted, callback),
    });
  };
  const gone = () => end('gone');
  pending.add(gone);
  response.once('close', () => end(response.writableFinished ? 'answered' : 'gone'));
  response.once(REFUSED, () => end('refused'));
}

/** All there is to tell of a client that was told `status`, for no request has come of it. */
export function answeredUnasked(socket: Socket, status: number): Answered {
  return {
    visitor: undefined,
    address: addressOf({ socket }),
    method: undefined,
    target: undefined,
    httpVersion: undefined,
    status,
    bytes: bytesSince(socket),
    bodyBytes: 0,
    began: performance.now(),
    ms: 0,
    aborted: false,
    referrer: undefined,
    userAgent: undefined,
    socket,
    delivered: (callback) => whenDelivered(socket, false, callback),
  };
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

function headLength(response: ServerResponse): number {
  return (response as unknown as { _header: string | null })._header?.length ?? 0;
}

/** A URL without its query, and without a user's name and password. */
function withoutSecrets(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/^(https?:\/\/)[^/]*@/i, '$1');
}

/** Sockets of the stack know what was acknowledged; of others it is taken for granted. */
function whenDelivered(socket: Socket, aborted: boolean, callback: () => void): void {
  const { onceDelivered } = socket as { onceDelivered?: (callback: () => void) => void };
  if (aborted) return;
  if (onceDelivered) onceDelivered.call(socket, callback);
  else callback();
}
