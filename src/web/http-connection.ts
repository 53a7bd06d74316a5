import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { REFUSED } from './exchange.ts';
import { type HttpLimits, RETRY_AFTER } from './http-limits.ts';

/** A response of `status` alone, after which the connection ends; 503 says when to come again. */
export function lastWords(status: number): string {
  const again = status === 503 ? `Retry-After: ${RETRY_AFTER}\r\n` : '';
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${again}Connection: close\r\nContent-Length: 0\r\n\r\n`;
}

/** A request whose turn it is, or will be. */
export interface Turn {
  request: IncomingMessage;
  response: ServerResponse;
  answer: () => void;
}

/**
 * One client's connection. Its requests are answered one after the other, so that a pipeline of a thousand
 * costs no more than one; refusals keep their place among the answers; and once the last answer is given,
 * the client has a limited time to stop talking.
 */
export class HttpConnection {
  readonly socket: Socket;
  /** Told when the last request was answered, and when another comes. */
  onIdle = () => {};
  onBusy = () => {};
  /** Told of a request that is about to be refused, and was not begun to be answered. */
  onRefused: (turn: Turn) => void = () => {};
  /** Told of last words that are the answer to no request: nothing was read, or what was read was none. */
  onUnasked: (status: number) => void = () => {};
  readonly #limits: HttpLimits;
  /** The first is being answered. */
  readonly #turns: Turn[] = [];
  /** The latest that was begun to be answered. */
  #begun: Turn | undefined;
  #requests = 0;
  #refusal: { status: number; response: ServerResponse | undefined } | undefined;
  /** The last answer is being given; nothing more is listened to. */
  isClosing = false;
  #finishing = false;
  /** Answered before its body had come. */
  #unread: IncomingMessage | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limits: HttpLimits) {
    this.socket = socket;
    this.#limits = limits;
    socket.once('finish', () => this.#startLinger());
    socket.once('close', () => this.#closed());
  }

  get address(): string | undefined {
    return this.socket.remoteAddress;
  }

  /** A request has come, which gets `refusal` in its turn where that is given. After the last that may, the rest is not looked at (RFC 9112 §9.6). */
  take(turn: Turn, refusal?: number): void {
    if (refusal) this.refuse(refusal, turn.response);
    if (this.isClosing || this.#finishing || this.#requests >= this.#limits.maxRequestsPerSocket) return;
    this.#requests++;
    if (this.#requests >= this.#limits.maxRequestsPerSocket) turn.response.setHeader('Connection', 'close');
    this.#unread = undefined;
    clearTimeout(this.#linger);
    this.socket.setTimeout?.(this.#limits.idleTimeout);
    turn.response.once('close', () => this.#answered());
    this.#turns.push(turn);
    this.onBusy();
    if (this.#turns.length === 1) this.#begin();
  }

  get isBusy(): boolean {
    return this.#turns.length > 0;
  }

  /** Takes no more requests, and ends once those that it has taken are answered. */
  finish(): void {
    const last = this.#turns.at(-1);
    if (!last) return void this.socket.destroy();
    this.#finishing = true;
    if (!last.response.headersSent) last.response.setHeader('Connection', 'close');
  }

  /**
   * Answers with `status` alone, and closes, once the requests before this one of `response` are answered.
   * Of several, the first has it; but the request whose turn it is comes before what was refused behind it.
   */
  refuse(status: number, response?: ServerResponse): void {
    if (this.#turns[0]?.response === response) this.#refusal = { status, response };
    this.#refusal ??= { status, response };
    this.#refuseInTurn();
  }

  /** What comes is no HTTP, or did not come in time. */
  break(status: number): void {
    const last = this.#turns.at(-1);
    if (this.#unread) this.socket.destroy();
    else if (last && !last.request.complete) this.refuse(status, last.response);
    else this.refuse(status);
  }

  #begin(): void {
    this.#refuseInTurn();
    if (this.isClosing) return;
    this.#begun = this.#turns[0];
    this.#begun?.answer();
  }

  #answered(): void {
    const turn = this.#turns.shift();
    if (this.socket.writableEnded) this.isClosing = true;
    if (!turn) return;
    if (!turn.request.complete) this.#discardRest(turn.request);
    if (this.isClosing) return;
    this.#begin();
    if (this.#turns.length > 0 || this.#unread) return;
    // Node forgets what it has noted of a half-closed client when an answer does without a Connection header.
    if (this.socket.readableEnded || this.#finishing) return void this.socket.end();
    this.socket.setTimeout?.(this.#limits.keepAliveTimeout);
    this.onIdle();
  }

  #refuseInTurn(): void {
    const [turn] = this.#turns;
    if (!this.#refusal || this.isClosing || turn?.response !== this.#refusal.response) return;
    const { status } = this.#refusal;
    if (turn?.response.headersSent) return void this.socket.destroy();
    if (!turn) return this.close(status);
    if (turn !== this.#begun) this.onRefused(turn);
    // For who logs it.
    turn.response.statusCode = status;
    if (this.#say(status)) turn.response.emit(REFUSED);
  }

  /** Says `status` as the last words to a client that has no request. */
  close(status: number): void {
    if (this.#say(status)) this.onUnasked(status);
  }

  /** @returns whether there was anybody to say it to */
  #say(status: number): boolean {
    this.isClosing = true;
    if (!this.socket.writable) return false;
    this.socket.end(lastWords(status));
    this.#hearOn();
    return true;
  }

  #discardRest(request: IncomingMessage): void {
    this.#unread = request;
    this.#startLinger();
    this.#hearOn();
  }

  /** The reader of a body may have stopped the socket when it had enough. */
  #hearOn(): void {
    // A socket that Node holds back for its output goes on by itself, and must not before.
    if (!(this.socket as { _paused?: boolean })._paused) this.socket.resume();
  }

  #startLinger(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.socket.destroy(), this.#limits.lingerTimeout).unref();
  }

  #closed(): void {
    clearTimeout(this.#linger);
    this.isClosing = true;
    this.#turns.length = 0;
  }
}
