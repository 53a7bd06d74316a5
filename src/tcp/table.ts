import type { Connection } from './connection.ts';
import type { Listener } from './listener.ts';
import type { Entry, Ports, Tuple } from './ports.ts';
import { Queue } from './queue.ts';
import { isDone, isIdle, isUntaken, Rest } from './rest.ts';
import type { Tcp } from './tcp.ts';
import { silenceOf } from './timers.ts';

/** Whoever meant to ask for something has done so by now, and repeated it four times, ms. */
const LONG_SILENCE = 30_000;
/** So many keep their object in TIME-WAIT: a peer that missed the last acknowledgment says so soon. More would only grow old. */
const MOST_DONE = 32;

/**
 * The connections that there are. Those that have been idle for longest are at rest, as rows of numbers, until they are
 * asked for. When it is full, it says who gives way.
 */
export class Table {
  /** How many there are. */
  size = 0;
  readonly #tcp: Tcp;
  readonly #ports: Ports;
  /** May be put to rest, idle for longest first. */
  readonly #idle = new Set<Connection>();
  /** In TIME-WAIT with nothing left to do; some may be here twice. */
  readonly #done = new Queue<Connection>();
  readonly #rest: Rest;

  constructor(tcp: Tcp, ports: Ports) {
    this.#tcp = tcp;
    this.#ports = ports;
    this.#rest = new Rest(tcp);
  }

  find(localPort: number, remoteAddress: number, remotePort: number): Connection | undefined {
    const entry = this.#ports.get(localPort, remoteAddress, remotePort);
    return entry === undefined ? undefined : this.#awake(entry);
  }

  /** Whether there is a connection of that tuple, in any state. */
  isInUse({ localPort, remoteAddress, remotePort }: Tuple): boolean {
    return this.#ports.get(localPort, remoteAddress, remotePort) !== undefined;
  }

  add(c: Connection): void {
    this.#ports.set(c, c);
    this.size++;
  }

  remove(c: Connection): void {
    this.#ports.delete(c);
    this.#idle.delete(c);
    this.size--;
  }

  /** All of them, to be looked at only: of those at rest there are but copies. */
  *all(): IterableIterator<Connection> {
    for (const entry of this.#ports.entries())
      yield typeof entry === 'number' ? this.#rest.peek(entry) : entry;
  }

  abortAll(): void {
    for (const entry of this.#ports.entries()) this.#awake(entry).abort();
  }

  /** Wakes those that `listener` has not handed over yet, for at rest they know it by its port alone. */
  wakeUntaken({ port }: Listener): void {
    for (const entry of this.#ports.entriesAt(port))
      if (typeof entry === 'number' && this.#rest.isOpen(entry)) this.#wake(entry);
  }

  /** Aborts those that `listener` has not handed over yet; they are awake. */
  abortUntaken(listener: Listener): void {
    for (const entry of this.#ports.entriesAt(listener.port))
      if (typeof entry !== 'number' && entry.listener === listener) entry.abort();
  }

  /** Somebody takes `c`: it is not put to rest, and need not grow old among those that may be. */
  taken(c: Connection): void {
    this.#idle.delete(c);
  }

  /** To be called after anything changed in `c`: it may be idle now. */
  changed(c: Connection): void {
    if (isIdle(c)) this.#idle.add(c);
    else if (isDone(c)) this.#done.push(c);
  }

  /** The earliest deadline of those at rest, ms; Infinity when there is none. */
  get earliestAtRest(): number {
    return this.#rest.earliest;
  }

  /** Whoever has that deadline is forgotten if that was the end of TIME-WAIT, and woken if it is to be probed. */
  expireEarliest(): void {
    const row = this.#rest.first!;
    if (this.#rest.isOpen(row)) this.#wake(row);
    else this.#forget(row);
  }

  /** The connections that have been idle or done for longest become rows. */
  putToRest(): void {
    const { mostIdle } = this.#tcp.settings;
    while (this.#done.length > Math.min(mostIdle, MOST_DONE)) {
      const c = this.#done.shift()!;
      if (isDone(c)) this.#rests(c);
    }
    while (this.#idle.size > mostIdle) {
      const c: Connection = this.#idle.values().next().value!;
      this.#idle.delete(c);
      if (isUntaken(c, this.#ports.listenerOf(c.localPort))) this.#rests(c);
    }
  }

  /** Whether there is room for one more connection; one in TIME-WAIT gives way. */
  makeRoom(): boolean {
    if (this.size < this.#tcp.settings.maxConnections) return true;
    const row = this.#rest.oldestTimeWait;
    if (row !== undefined) {
      this.#forget(row);
      return true;
    }
    for (let c = this.#done.shift(); c; c = this.#done.shift()) {
      if (!isDone(c)) continue;
      this.#tcp.forget(c);
      return true;
    }
    return false;
  }

  /**
   * The same for a peer that has proved its address: one that has been connected for longest, and never said a word, gives
   * way. Where `listener` answers without a connection as well, only one whose request must be lost, if there was any.
   */
  makeRoomForProved(listener: Listener): boolean {
    if (this.makeRoom()) return true;
    const silent = this.#oldestSilent(listener.answer ? LONG_SILENCE : 0);
    silent?.abort();
    return silent !== undefined;
  }

  #awake(entry: Entry): Connection {
    return typeof entry === 'number' ? this.#wake(entry) : entry;
  }

  /** Makes a connection a row. */
  #rests(c: Connection): void {
    this.#ports.set(c, this.#rest.add(c));
    this.#tcp.rests(c);
  }

  /** Takes a row out of the table. */
  #forget(row: number): void {
    this.#ports.delete(this.#rest.forget(row));
    this.size--;
  }

  /** Makes a row a connection again. */
  #wake(row: number): Connection {
    const c = this.#rest.remove(row);
    this.#ports.set(c, c);
    this.#tcp.settle(c);
    return c;
  }

  /** Open, and never taken since its peer has sent no text, for `least` ms. */
  #oldestSilent(least: number): Connection | undefined {
    const row = this.#rest.oldestOpen;
    if (row !== undefined) return silenceOf(this.#rest.peek(row)) >= least ? this.#wake(row) : undefined;
    for (const c of this.#idle) {
      const isSilent = isUntaken(c, this.#ports.listenerOf(c.localPort));
      if (isSilent && silenceOf(c) < least) return undefined;
      this.#idle.delete(c);
      if (isSilent) return c;
    }
    return undefined;
  }
}
