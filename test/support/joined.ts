import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { drive } from '../../src/node/drive.ts';
import { A, B } from './wire.ts';

/** Two stacks at the ends of a virtual line that is as fast as the machine, under the system's clock. */
export class Joined {
  readonly line = new VirtualLine({ baud: 0 });
  readonly near: Stack;
  readonly far: Stack;
  readonly #servers: Server[] = [];
  readonly #clients: Socket[] = [];
  readonly #drivers;

  constructor(options: Partial<StackOptions> = {}) {
    this.near = new Stack({ address: A, ...options });
    this.far = new Stack({ address: B, ...options });
    this.#drivers = [drive(this.near, this.line.a), drive(this.far, this.line.b)];
  }

  /** Settles with the port once `server` listens; it is closed with everything else. */
  async listening(server: Server): Promise<number> {
    this.#servers.push(server);
    if (!server.listening) await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Connects as a program on the host would. */
  async client(port: number): Promise<Socket> {
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#clients.push(client);
    client.on('error', () => {}); // resets at the end of a test
    await once(client, 'connect');
    return client;
  }

  async stop(): Promise<void> {
    this.near.close();
    this.far.close();
    for (const server of this.#servers) server.close();
    for (const client of this.#clients) client.destroy();
    for (const driver of this.#drivers) driver.stop();
    await Promise.all([this.line.a.close(), this.line.b.close()]);
  }
}
