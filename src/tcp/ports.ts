import type { Connection } from './connection.ts';
import type { KeyedHash } from './isn.ts';
import type { Listener } from './listener.ts';

/** A connection, or the row that stands for it while it is at rest. */
export type Entry = Connection | number;

export interface Tuple {
  localPort: number;
  remoteAddress: number;
  remotePort: number;
}

interface LocalPort {
  listener: Listener | undefined;
  /** By remote address and port. */
  readonly connections: Map<number, Entry>;
}

/** IANA sets these aside for it (RFC 6335 §6). */
const FIRST_EPHEMERAL = 49_152;
const EPHEMERAL_PORTS = 65_536 - FIRST_EPHEMERAL;
const NOBODY: Iterable<Entry> = [];

/** The local ports that are in use: who listens there, and the connections that there are. */
export class Ports {
  readonly #ports = new Map<number, LocalPort>();
  readonly #hash: KeyedHash;
  #nextEphemeral: number;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
    this.#nextEphemeral = hash.of(0) & 0xffff;
  }

  listenerOf(port: number): Listener | undefined {
    return this.#ports.get(port)?.listener;
  }

  /** @throws {Error} when somebody listens there already */
  listen(listener: Listener): void {
    const port = this.#at(listener.port);
    if (port.listener) throw new Error(`port ${listener.port} is in use`);
    port.listener = listener;
  }

  unlisten(number: number): void {
    const port = this.#ports.get(number)!;
    port.listener = undefined;
    this.#release(number, port);
  }

  get(localPort: number, remoteAddress: number, remotePort: number): Entry | undefined {
    return this.#ports.get(localPort)?.connections.get(keyOf(remoteAddress, remotePort));
  }

  set({ localPort, remoteAddress, remotePort }: Tuple, entry: Entry): void {
    this.#at(localPort).connections.set(keyOf(remoteAddress, remotePort), entry);
  }

  delete({ localPort, remoteAddress, remotePort }: Tuple): void {
    const port = this.#ports.get(localPort)!;
    port.connections.delete(keyOf(remoteAddress, remotePort));
    this.#release(localPort, port);
  }

  /** The connections at one port. Any of them may be deleted or replaced meanwhile. */
  entriesAt(port: number): Iterable<Entry> {
    return this.#ports.get(port)?.connections.values() ?? NOBODY;
  }

  *entries(): IterableIterator<Entry> {
    for (const port of this.#ports.values()) yield* port.connections.values();
  }

  /**
   * A port that is not in use: simple hash-based selection (RFC 6056 §3.3.3) by the addresses and the remote port.
   *
   * @returns undefined when every one is
   */
  ephemeral(...ends: number[]): number | undefined {
    const offset = this.#hash.of(...ends) >>> 0;
    for (let tries = 0; tries < EPHEMERAL_PORTS; tries++) {
      const port = FIRST_EPHEMERAL + ((offset + this.#nextEphemeral++) % EPHEMERAL_PORTS);
      if (!this.#ports.has(port)) return port;
    }
    return undefined;
  }

  #at(number: number): LocalPort {
    let port = this.#ports.get(number);
    if (!port) {
      port = { listener: undefined, connections: new Map() };
      this.#ports.set(number, port);
    }
    return port;
  }

  #release(number: number, port: LocalPort): void {
    if (!port.listener && port.connections.size === 0) this.#ports.delete(number);
  }
}

/** Remote address and port as one number of 48 bits. */
export function keyOf(remoteAddress: number, remotePort: number): number {
  return remoteAddress * 65_536 + remotePort;
}
