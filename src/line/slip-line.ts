import type { Clock } from '../clock.ts';
import { parseAddress } from '../wire/address.ts';
import { greetingAnswer } from './dial-up.ts';
import { Framing, type FramingDropReason, type FramingMode } from './framing.ts';
import type { PortLine } from './line.ts';
import { Pacer } from './pacer.ts';
import type { Port } from './port.ts';
import { SlipDecoder, type SlipDropReason, slipEncoder } from './slip.ts';
import { Type } from './vj.ts';

/** Datagrams that the device may have been handed and not taken: its own buffer would be seconds deep. */
const LARGEST_PENDING = 2;

/** 'slip-not-ready' and 'slip-closed' are of what was to be sent, the others of what arrived. */
export type LineDropReason = SlipDropReason | FramingDropReason | 'slip-not-ready' | 'slip-closed';

export interface SlipLineOptions {
  /** Bits per second to pace at, 8N1; 0: as fast as the device takes the bytes. */
  baud: number;
  clock: Clock;
  /** Default 'auto'. */
  framing?: FramingMode;
  /** This end's address, a dotted quad, for a peer that asks for it before it speaks IP. */
  address?: string;
}

/** SLIP over a port, paced so that the device is never idle for want of bytes and never has much queued. */
export class SlipLine implements PortLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady = () => {};
  onLost: (reason: string) => void = () => {};
  onRefused: (reason: string) => void = () => {};
  onRestored = () => {};
  onDrop: PortLine['onDrop'] = () => {};
  readonly counters: LineCounters = noCounts();

  readonly #port: Port;
  readonly #pacer: Pacer;
  readonly #encode = slipEncoder();
  readonly #decoder: SlipDecoder;
  readonly #framing: Framing;
  readonly #address: number | undefined;
  /** The frame that is being looked at. */
  #frame: Uint8Array = NOTHING;
  #baud = 0;
  /** `ready` was false when last looked at, and `onReady` has not been called since. */
  #waiting: boolean;

  constructor(port: Port, options: SlipLineOptions) {
    this.#port = port;
    this.#pacer = new Pacer(options.clock, () => this.#wake());
    this.baud = options.baud;
    this.#decoder = new SlipDecoder(
      (frame) => this.#received(frame),
      (reason) => this.#frameLost(reason),
    );
    this.#framing = new Framing(options.framing ?? 'auto', (reason) => this.#drop(reason, this.#frame));
    this.#address = options.address === undefined ? undefined : parseAddress(options.address);
    this.#waiting = !port.isOpen;
    port.onBytes = (bytes) => this.#bytesArrived(bytes);
    port.onTaken = () => this.#wake();
    port.onOpen = () => this.#opened();
    port.onLost = (reason) => this.#lost(reason);
    port.onRefused = (reason) => this.onRefused(reason);
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
    if (this.ready) this.#sendFrame(this.#framing.wrap(datagram));
    else this.#drop(this.isOpen ? 'slip-not-ready' : 'slip-closed', datagram, 'out');
  }

  async close(): Promise<void> {
    this.#pacer.reset();
    await this.#port.close();
  }

  #sendFrame(frame: Uint8Array): void {
    this.counters['frames-sent']++;
    if (isCompressed(frame)) this.counters['frames-compressed-sent']++;
    else if (isMarked(frame)) this.counters['frames-uncompressed-tcp-sent']++;
    this.#write(this.#encode(frame, this.#pacer.backlog === 0));
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

  /** A greeting may come without an END, and then it is all that is there. */
  #bytesArrived(bytes: Uint8Array): void {
    this.counters['bytes-received'] += bytes.length;
    this.#decoder.push(bytes);
    const { unfinished } = this.#decoder;
    if (unfinished.length > 0 && this.#answerGreeting(unfinished)) this.#decoder.reset();
  }

  #received(frame: Uint8Array): void {
    this.counters['frames-received']++;
    if (this.#answerGreeting(frame)) return;
    if (isCompressed(frame)) this.counters['frames-compressed-received']++;
    else if (isMarked(frame)) this.counters['frames-uncompressed-tcp-received']++;
    this.#frame = frame;
    const datagram = this.#framing.unwrap(frame);
    if (datagram) this.onDatagram(datagram);
  }

  #answerGreeting(bytes: Uint8Array): boolean {
    const answer = greetingAnswer(bytes, this.#address);
    if (!answer) return false;
    // Who asks goes on until there is room for the answer.
    if (!this.ready) this.#drop('slip-not-ready', answer.raw ?? answer.frame);
    else if (answer.raw) this.#write(answer.raw);
    else this.#sendFrame(answer.frame);
    return true;
  }

  #frameLost(reason: SlipDropReason): undefined {
    this.#framing.lost();
    return this.#drop(reason, this.#decoder.unfinished);
  }

  /** A device that was away has forgotten what it was sending, and the other end what it was receiving. */
  #opened(): void {
    this.#pacer.reset();
    this.#decoder.reset();
    this.#framing.reset();
    this.onRestored();
    this.#wake();
  }

  #lost(reason: string): void {
    this.#waiting = true;
    this.#pacer.reset();
    this.onLost(reason);
  }

  #drop(reason: LineDropReason, bytes: Uint8Array, bound: 'in' | 'out' = 'in'): undefined {
    this.counters[reason]++;
    this.onDrop(reason, bytes, bound);
    return undefined;
  }
}

const NOTHING = new Uint8Array(0);

const isCompressed = (frame: Uint8Array) => frame[0]! >= Type.COMPRESSED_TCP;
/** A whole header, marked with the slot that the compressed ones after it refer to. */
const isMarked = (frame: Uint8Array) => (frame[0]! & 0xf0) === Type.UNCOMPRESSED_TCP;

type Count =
  | 'frames-received'
  | 'frames-sent'
  | 'frames-compressed-received'
  | 'frames-compressed-sent'
  | 'frames-uncompressed-tcp-received'
  | 'frames-uncompressed-tcp-sent'
  | 'bytes-received'
  | 'bytes-sent';

/** What a line counts, by name. Bytes are those on the line, framing included. */
export type LineCounters = Record<LineDropReason | Count, number>;

const noCounts = (): LineCounters => ({
  'frames-received': 0,
  'frames-sent': 0,
  'frames-compressed-received': 0,
  'frames-compressed-sent': 0,
  'frames-uncompressed-tcp-received': 0,
  'frames-uncompressed-tcp-sent': 0,
  'bytes-received': 0,
  'bytes-sent': 0,
  'slip-oversize': 0,
  'slip-escape': 0,
  'slip-tiny': 0,
  'slip-type': 0,
  'slip-compressed': 0,
  'slip-vj-header': 0,
  'slip-vj-toss': 0,
  'slip-not-ready': 0,
  'slip-closed': 0,
});
