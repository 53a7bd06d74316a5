import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../../src/clock.ts';
import { Stack } from '../../../src/ip/stack.ts';
import type { Port } from '../../../src/line/port.ts';
import { SlipLine } from '../../../src/line/slip-line.ts';
import { connect } from '../../../src/node/connect.ts';
import { type Driver, drive } from '../../../src/node/drive.ts';
import { Client } from '../../support/web-wire.ts';

const CLIENT = '192.168.7.1';
const SERVER = '192.168.7.2';

/** Our own stack at the other end of a Unix socket, which the daemon opens as its port: it starts at once, and needs no root. */
export class StackPeer {
  /** For the daemon's `--port`. */
  readonly port: string;
  readonly #server: Server;
  readonly #stack = new Stack({ address: CLIENT });
  readonly #driver: Driver;

  private constructor(path: string, server: Server) {
    this.port = `unix:${path}`;
    this.#server = server;
    server.once('close', () => this.#stack.close());
    this.#driver = drive(
      this.#stack,
      new SlipLine(new AcceptedPort(server), { baud: 0, clock: systemClock }),
    );
  }

  /** @param path of the socket, where nothing is yet */
  static async start(path: string): Promise<StackPeer> {
    const server = createServer().listen(path);
    await once(server, 'listening');
    return new StackPeer(path, server);
  }

  /** The page at `path`, over a connection of its own. @throws when it is reset, or the daemon has gone */
  async page(path: string): Promise<string> {
    const socket = connect(this.#stack, { address: SERVER, port: 80 });
    const request = get({ path, createConnection: () => socket as unknown as Socket });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return text(response);
  }

  /** A new client that has said `text`. */
  client(text: string): Client {
    const client = new Client(connect(this.#stack, { address: SERVER, port: 80 }));
    client.socket.write(text);
    return client;
  }

  /** Ends whatever is under way. */
  stop(): void {
    this.#driver.stop();
    this.#server.close();
  }
}

/** The one connection that is made to a server. */
class AcceptedPort implements Port {
  pending = 0;
  onBytes: (bytes: Uint8Array) => void = () => {};
  onTaken = () => {};
  onOpen = () => {};
  onLost: (reason: string) => void = () => {};
  #socket: Socket | undefined;

  constructor(server: Server) {
    server.once('connection', (socket) => {
      this.#socket = socket;
      socket.on('data', (bytes) => this.onBytes(bytes));
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#socket = undefined;
        this.onLost('closed');
        server.close();
      });
      this.onOpen();
    });
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  write(bytes: Uint8Array): void {
    this.pending++;
    this.#socket?.write(bytes, () => {
      this.pending--;
      this.onTaken();
    });
  }

  async close(): Promise<void> {
    this.#socket?.destroy();
  }
}
