import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { Stack } from '../src/ip/stack.ts';
import { VirtualLine, type VirtualLineOptions } from '../src/line/virtual-line.ts';
import { connect } from '../src/node/connect.ts';
import { drive } from '../src/node/drive.ts';
import { listen } from '../src/node/listen.ts';
import type { TcpSocket } from '../src/node/socket.ts';
import { timingFor } from '../src/timing.ts';
import { VirtualClock } from '../test/support/virtual-clock.ts';

export const CLIENT = '192.168.7.1';
export const SERVER = '192.168.7.2';
/** Bytes a second each way at 115200 bps, 8N1. */
export const LINE_RATE = 11_520;

export interface PairOptions extends VirtualLineOptions {
  mtu?: number;
  listener: RequestListener;
}

/** A server and a client at the ends of a virtual line of 115200 bps, under virtual time. */
export class Pair {
  readonly clock = new VirtualClock();
  readonly line: VirtualLine;
  readonly client: Stack;
  readonly server: Stack;
  /** Whose answers may still be in the making. */
  readonly #responses = new Set<ServerResponse>();

  constructor(options: PairOptions) {
    const { mtu = 1500, listener, ...lineOptions } = options;
    const timing = timingFor({ baud: lineOptions.baud ?? 115_200, mtu });
    this.line = new VirtualLine({ ...lineOptions, clock: this.clock });
    this.client = new Stack({ address: CLIENT, mtu, ...timing });
    this.server = new Stack({ address: SERVER, mtu, ...timing });
    const http = createServer((request, response) => {
      this.#responses.add(response);
      listener(request, response);
    });
    listen(this.server, 80, (socket) => http.emit('connection', socket.setNoDelay()), { deferAccept: true });
    drive(this.client, this.line.a, { clock: this.clock });
    drive(this.server, this.line.b, { clock: this.clock });
  }

  /** Requests `path` over a connection of its own. @param more headers, each with its CRLF */
  get(path: string, more = ''): Download {
    const socket = connect(this.client, { address: SERVER, port: 80 });
    const download: Download = { startedAt: this.clock.now(), endedAt: undefined, body: 0, socket };
    let headers = '';
    socket.on('data', (chunk: Buffer) => {
      if (headers.endsWith('\r\n\r\n')) download.body += chunk.length;
      else {
        const text = headers + chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n') + 4;
        headers = end > 3 ? text.slice(0, end) : text;
        if (end > 3) download.body += text.length - end;
      }
    });
    socket.on('end', () => {
      download.endedAt = this.clock.now();
      socket.end();
    });
    socket.on('error', () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: close\r\n${more}\r\n`);
    return download;
  }

  /**
   * Lets virtual time pass until `done`, looking every `step` ms. Answers take none: while one is in the
   * making, time stands still. @throws {Error} after `limit` ms
   */
  async runUntil(done: () => boolean, limit = 600_000, step = 5): Promise<void> {
    const end = this.clock.now() + limit;
    while (!done()) {
      if (this.clock.now() >= end) throw new Error(`not done after ${limit} ms of virtual time`);
      await this.clock.advanceWithTurns(step);
      await this.#answersMade();
    }
  }

  async #answersMade(): Promise<void> {
    for (const response of this.#responses) {
      while (!response.writableEnded && !response.destroyed) await new Promise(setImmediate);
      this.#responses.delete(response);
    }
  }
}

export interface Download {
  startedAt: number;
  /** When the last byte had come, ms. */
  endedAt: number | undefined;
  /** Bytes of body so far. */
  body: number;
  socket: TcpSocket;
}

/** A body of so many bytes. */
export function bodyOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'a serial line is long and narrow; ');
}

/** A listener that answers `/N` with N bytes of text. */
export const sizedBody: RequestListener = (request, response) => {
  const body = bodyOf(Number(request.url!.slice(1)));
  response.sendDate = false;
  response.setHeader('Content-Length', body.length);
  response.end(body);
};
