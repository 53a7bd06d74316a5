import type { RequestListener } from 'node:http';
import { after } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connect } from '../../src/node/connect.ts';
import { listen } from '../../src/node/listen.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { createHttpServer, type HttpLimits, type HttpServer } from '../../src/web/http-server.ts';
import { createPageServer, type PageServerOptions } from '../../src/web/page-server.ts';
import { B, Wire } from './wire.ts';
import { turnsUntil } from './wire-turns.ts';

/** An HTTP server behind a stack and its clients behind another, with a wire and virtual time between them. */
export class WebWire {
  readonly wire = new Wire();
  readonly server: HttpServer;

  constructor(listener: RequestListener, limits: Partial<HttpLimits> = {}) {
    this.server = createHttpServer(listener, limits);
    const serve = (socket: TcpSocket) => void this.server.emit('connection', socket.setNoDelay());
    listen(this.wire.b, 80, serve, { deferAccept: true });
    after(() => this.server.close());
  }

  static pages(options: PageServerOptions = {}, limits: Partial<HttpLimits> = {}): WebWire {
    return new WebWire(createPageServer(options), limits);
  }

  /** A new client that has said `text`. */
  client(text = ''): Client {
    const client = new Client(connect(this.wire.a, { address: B, port: 80 }));
    if (text !== '') client.socket.write(text);
    return client;
  }

  /** Lets virtual time and the event loop go on in turns until `condition` holds. @throws {Error} when it never does */
  async until(condition: () => boolean): Promise<void> {
    if (!(await turnsUntil(this.wire, condition, 20_000))) throw new Error(`never came true: ${condition}`);
  }

  /** Lets `ms` of virtual time pass, with a turn of the event loop for each of them. */
  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      await turn();
      this.wire.run(this.wire.now + 1);
    }
  }

  /** All that a client which says `text`, and waits, hears until the server ends. */
  async answer(text: string): Promise<string> {
    const client = this.client(text);
    await this.until(() => client.ended);
    client.socket.end();
    return client.heard;
  }
}

/** One end of a connection, and what came over it. */
export class Client {
  readonly socket: TcpSocket;
  heard = '';
  /** The server has said all it had to say: FIN. */
  ended = false;
  /** Of a connection that was reset. */
  error: string | undefined;

  constructor(socket: TcpSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.heard += chunk.toString('latin1');
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code;
    });
  }

  /** Settles when what was heard matches, or the connection has ended. */
  async hears(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.heard) && !this.socket.destroyed) {
      await Promise.race(
        ['data', 'end', 'close'].map((event) => new Promise((r) => this.socket.once(event, r))),
      );
      if (this.ended) break;
    }
    return this.heard;
  }

  /** The status of each answer that was heard. */
  get statuses(): number[] {
    return [...this.heard.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
  }
}
