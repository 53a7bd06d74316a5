import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { REFUSED } from './exchange.ts';
import { lastWords } from './http-connection.ts';
import { createHttpServer, type HttpLimits, type HttpListener } from './http-server.ts';

/** Who sent a request that has no connection. */
export interface Requester {
  /** A dotted quad. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Most bytes that an answer may have to fit one segment. */
  readonly room: number;
}

/** A response that is longer than one segment, of which it holds no more than what was written so far. */
export interface LongResponse {
  /** Sends it, from its beginning to its end, over a connection whose own text is thrown away. */
  sendOver(socket: Duplex): void;
  /** Ends it. @returns 503, in one segment */
  giveUp(): Uint8Array;
}

/** Said where there is no place for more than a segment, either way. */
const UNAVAILABLE = 503;

/** An HTTP server without connections: one segment asks, and another answers. */
export interface OneSegmentServer {
  /**
   * The response to the request that `segment` holds: bytes, if they fit. 503 where `segment` is not all of
   * it; undefined where there is none, for it failed.
   *
   * @param begin told of the socket that the listener will see
   */
  answer(
    segment: Uint8Array,
    requester: Requester,
    begin?: (socket: Duplex) => void,
  ): Promise<Uint8Array | LongResponse | undefined>;
  /** Whether a request is still to be answered. */
  readonly isBusy: boolean;
  /** Answers nothing any more but what was asked already. */
  finish(): void;
  /** Ends its timers. */
  close(): void;
}

/** A server that has `listener` answer requests of one segment, with `answer` for `listen(stack, port, …, { answer })`. */
export function createOneSegmentServer(
  listener: HttpListener,
  limits: Partial<HttpLimits> = {},
): OneSegmentServer {
  const server = createHttpServer(whenWhole(listener), { ...limits, maxRequestsPerSocket: 1 });
  return {
    answer: async (segment, requester, begin = () => {}) => {
      const exchange = new OneSegmentSocket(requester);
      exchange.onUnasked = () => listener.onUnasked?.(exchange as unknown as Socket, UNAVAILABLE);
      begin(exchange);
      server.emit('connection', exchange);
      return exchange.ask(segment);
    },
    get isBusy() {
      return server.isBusy;
    },
    finish: () => server.finish(),
    close: () => void server.close(),
  };
}

/** The body of a request is there once its parser has had the whole segment. */
function whenWhole(listener: HttpListener): HttpListener {
  const whole: HttpListener = (request, response) => {
    const socket = socketOf(request);
    socket.response = response;
    setImmediate(() => {
      if (request.complete) return listener(request, response);
      listener.onRefused?.(request, response);
      socket.refuse();
    });
  };
  return Object.assign(whole, { onRefused: listener.onRefused, onUnasked: listener.onUnasked });
}

function socketOf(request: IncomingMessage): OneSegmentSocket {
  return request.socket as unknown as OneSegmentSocket;
}

/**
 * What `node:http` takes for the client's connection: the segment is all that ever comes, and what is written is
 * collected. Beyond a segment's worth it takes no more until there is a socket to hand it on to.
 */
class OneSegmentSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  bytesWritten = 0;
  /** To the request, if there was the head of one. */
  response: ServerResponse | undefined;
  /** Told when there was none, and this was refused. */
  onUnasked = () => {};
  readonly #room: number;
  #collected: Buffer[] = [];
  #answered: (response: Uint8Array | LongResponse | undefined) => void = () => {};
  /** Takes what is collected further, once there is a socket for it. */
  #proceed: (() => void) | undefined;
  #socket: Duplex | undefined;

  constructor({ remoteAddress, remotePort, localAddress, localPort, room }: Requester) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.#room = room;
  }

  /** The response to `segment`, or undefined where the listener fails to give one. */
  ask(segment: Uint8Array): Promise<Uint8Array | LongResponse | undefined> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.once('close', () => resolve(undefined));
      this.push(segment);
      // A parser that has said nothing by now waits for more, which will not come.
      setImmediate(() => this.response || this.bytesWritten > 0 || this.refuse());
    });
  }

  /** Says 503 in place of whatever there might have been. */
  refuse(): void {
    this.#answered(this.#giveUp());
  }

  /** Ends it with 503, of which those hear who log it. @returns it */
  #giveUp(): Uint8Array {
    const refusal = Buffer.from(lastWords(UNAVAILABLE));
    this.bytesWritten = refusal.length;
    this.destroy();
    if (!this.response) this.onUnasked();
    else {
      this.response.statusCode = UNAVAILABLE;
      this.response.emit(REFUSED);
    }
    return refusal;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.bytesWritten += chunk.length;
    if (this.#socket) return void this.#socket.write(chunk, written);
    this.#collected.push(chunk);
    if (this.bytesWritten <= this.#room) return written();
    this.#proceed = written;
    this.#answered({
      sendOver: (socket) => this.#sendOver(socket),
      giveUp: () => this.#giveUp(),
    });
  }

  #sendOver(socket: Duplex): void {
    this.#socket = socket;
    socket.on('error', () => {}).once('close', () => this.destroy());
    this.once('close', () => this.writableFinished || socket.destroy());
    socket.resume();
    socket.write(Buffer.concat(this.#collected), () => this.#proceed?.());
    this.#collected = [];
  }

  override _final(finished: (error?: Error | null) => void): void {
    finished();
    if (this.#socket) this.#socket.end();
    else this.#answered(Buffer.concat(this.#collected));
    setImmediate(() => this.destroy());
  }
}
