import type { HttpConnection } from './http-connection.ts';
import type { HttpLimits } from './http-limits.ts';

/** The connections that are open: those without a request give way to those that come. */
export class KeptConnections {
  readonly #limits: HttpLimits;
  /** Since when each is idle, by `performance.now()`; the longest idle first. */
  readonly #idle = new Map<HttpConnection, number>();
  readonly #byAddress = new Map<string | undefined, number>();
  readonly #all = new Set<HttpConnection>();
  #finishing = false;

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  /** Takes the connection in, or answers it by 503 where its address has too many that are busy. */
  add(connection: HttpConnection): void {
    const { address, socket } = connection;
    if (this.#finishing) return connection.finish();
    const ofAddress = this.#byAddress.get(address) ?? 0;
    if (ofAddress >= this.#limits.maxConnectionsPerAddress && !this.#closeIdle(address)) {
      return connection.close(503);
    }
    this.#all.add(connection);
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    connection.onBusy = () => void this.#idle.delete(connection);
    connection.onIdle = () => {
      this.#idle.set(connection, performance.now());
      this.#relax();
    };
    socket.once('close', () => this.#remove(connection, address));
    this.#relax();
  }

  /** Whether a request is still to be answered. */
  get isBusy(): boolean {
    return Array.from(this.#all).some((connection) => connection.isBusy);
  }

  /** Somebody waits to be let in: the longest idle one gives way, unless its client may be about to ask for more. */
  relieve(): void {
    const [longest] = this.#idle.values();
    if (longest === undefined) return;
    if (performance.now() - longest >= this.#limits.crowdedKeepAliveTimeout) this.#closeIdle();
  }

  /** Lets no connection in any more; those that are there end once their requests are answered. */
  finish(): void {
    this.#finishing = true;
    for (const connection of [...this.#all]) connection.finish();
  }

  #relax(): void {
    if (this.#all.size > this.#limits.maxKeptConnections) this.#closeIdle();
  }

  /** Closes the longest idle one, of `address` if given; whether there was one. */
  #closeIdle(address?: string): boolean {
    for (const connection of this.#idle.keys()) {
      if (address !== undefined && connection.address !== address) continue;
      this.#idle.delete(connection);
      connection.socket.destroy();
      return true;
    }
    return false;
  }

  #remove(connection: HttpConnection, address: string | undefined): void {
    this.#all.delete(connection);
    this.#idle.delete(connection);
    const left = this.#byAddress.get(address)! - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
