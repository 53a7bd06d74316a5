import type { Clock } from '../clock.ts';
import type { PortLine } from './line.ts';
import { Pacer } from './pacer.ts';
import type { Port } from './port.ts';
import { SlipDecoder, type SlipDropReason, slipEncoder } from './slip.ts';

/** Datagrams that the device may have been handed and not taken: its own buffer would be seconds deep. */
const LARGEST_PENDING = 2;
/** An IPv4 header. */
const SHORTEST_DATAGRAM = 20;

export type LineDropReason = SlipDropReason | 'slip-tiny' | 'slip-not-ready' | 'slip-closed';

export interface SlipLineOptions {
  /** Bits per second to pace at, 8N1; 0: as fast as the device takes the bytes. */
  baud: number;
  clock: Clock;
}

/** SLIP over a port, paced so that the device is never idle for want of bytes and never has much queued. */
export class SlipLine implements PortLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady = () => {};
  onLost: (reason: string) => void = () => {};
  onRestored = () => {};
  onDrop: (reason: string, bytes: Uint8Array) => void = () => {};
  readonly counters: Record<LineDropReason | Count, number> = noCounts();

  readonly #port: Port;
  readonly #pacer: Pacer;
  readonly #encode = slipEncoder();
  readonly #decoder: SlipDecoder;
  #baud = 0;
  /** `ready` was false when last looked at, and `onReady` has not been called since. */
  #waiting: boolean;

  constructor(port: Port, options: SlipLineOptions) {
    this.#port = port;
    this.#pacer = new Pacer(options.clock, () => this.#wake());
    this.baud = options.baud;
    this.#decoder = new SlipDecoder(
      (frame) => this.#received(frame),
      (reason) => this.#drop(reason, this.#decoder.unfinished),
    );
    this.#waiting = !port.isOpen;
    port.onBytes = (bytes) => this.#bytesArrived(bytes);
    port.onTaken = () => this.#wake();
    port.onOpen = () => this.#opened();
    port.onLost = (reason) => this.#lost(reason);
  }

  get isOpen(): boolean {
    return this.#port.isOpen;
  }

  get baud(): number {
    return this.#baud;
  }

  set baud(baud: number) {
    this.#baud = baud;
    this.#pacer.baud = baud;
  }

  get ready(): boolean {
    return this.#port.isOpen && this.#port.pending < LARGEST_PENDING && this.#pacer.hasRoom;
  }

  send(datagram: Uint8Array): void {
    if (this.ready) {
      this.counters['frames-sent']++;
      this.#write(this.#encode(datagram, this.#pacer.backlog === 0));
    } else {
      this.#drop(this.isOpen ? 'slip-not-ready' : 'slip-closed', datagram);
    }
  }

  async close(): Promise<void> {
    this.#pacer.reset();
    await this.#port.close();
  }

  #write(bytes: Uint8Array): void {
    this.counters['bytes-sent'] += bytes.length;
    this.#pacer.wrote(bytes.length);
    this.#port.write(bytes);
    this.#waiting = !this.ready;
    if (!this.#pacer.hasRoom) this.#pacer.wakeWhenRoom();
  }

  /** Something that `ready` depends on has changed for the better. */
  #wake(): void {
    if (!this.#waiting || !this.ready) return;
    this.#waiting = false;
    this.onReady();
  }

  #bytesArrived(bytes: Uint8Array): void {
    this.counters['bytes-received'] += bytes.length;
    this.#decoder.push(bytes);
  }

  #received(frame: Uint8Array): void {
    this.counters['frames-received']++;
    if (frame.length >= SHORTEST_DATAGRAM) this.onDatagram(frame);
    else this.#drop('slip-tiny', frame);
  }

  /** A device that was away has forgotten what it was sending, and the other end what it was receiving. */
  #opened(): void {
    this.#pacer.reset();
    this.#decoder.reset();
    this.onRestored();
    this.#wake();
  }

  #lost(reason: string): void {
    this.#waiting = true;
    this.#pacer.reset();
    this.onLost(reason);
  }

  #drop(reason: LineDropReason, bytes: Uint8Array): undefined {
    this.counters[reason]++;
    this.onDrop(reason, bytes);
    return undefined;
  }
}

type Count = 'frames-received' | 'frames-sent' | 'bytes-received' | 'bytes-sent';

/** Bytes are those on the line, framing included. */
const noCounts = (): Record<LineDropReason | Count, number> => ({
  'frames-received': 0,
  'frames-sent': 0,
  'bytes-received': 0,
  'bytes-sent': 0,
  'slip-oversize': 0,
  'slip-escape': 0,
  'slip-tiny': 0,
  'slip-not-ready': 0,
  'slip-closed': 0,
});
