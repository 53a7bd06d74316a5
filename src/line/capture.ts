import { CaptureFile } from './capture-file.ts';
import type { PortLine } from './line.ts';
import { INBOUND, OUTBOUND, type Packet } from './pcapng.ts';
import { wallClock } from './wall-clock.ts';

export interface CaptureOptions {
  /** Size in bytes at which the file is renamed to FILE.1, in place of the one before, and begun anew. Default 100 MB. */
  maxBytes?: number;
  /** The wall clock, in ms since 1970. */
  now?: () => number;
  /** Called when the file cannot be written any more; the lines go on without it. */
  onError?: (error: Error) => void;
}

/** Takes down what crosses lines. */
export interface PacketSink {
  /** The packet's bytes may be used again once it returns. */
  write(packet: Packet): void;
}

/** Records what crosses `line` in a pcapng file. @throws the system's error when the file cannot be written */
export function captureLine(
  line: PortLine,
  path: string,
  { maxBytes = 100_000_000, now, onError = () => {} }: CaptureOptions = {},
): CaptureLine {
  const file = new CaptureFile(path, maxBytes, ['line'], onError);
  return new CaptureLine(line, file, 0, { now, closed: () => file.close() });
}

/** The lines, each of which tells `sink` of what crosses it. */
export function tapLines(lines: readonly PortLine[], sink: PacketSink): CaptureLine[] {
  return lines.map((line, index) => new CaptureLine(line, sink, index));
}

/** A line that writes down every datagram, and every refusal with its reason, and is otherwise the one below it. */
export class CaptureLine implements PortLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady = () => {};
  onLost: (reason: string) => void = () => {};
  onRestored = () => {};
  onDrop: (reason: string, bytes: Uint8Array) => void = () => {};

  readonly #line: PortLine;
  readonly #sink: PacketSink;
  readonly #interface: number;
  readonly #now: () => number;
  readonly #closed: () => Promise<void>;
  /** Why the datagram that is being delivered was refused. */
  #remarks: string[] = [];

  /**
   * @param index of the line's interface among those of `sink`
   * @param options the wall clock, and what is to be done once the line is closed
   */
  constructor(
    line: PortLine,
    sink: PacketSink,
    index: number,
    {
      now = wallClock,
      closed = async () => {},
    }: { now?: (() => number) | undefined; closed?: () => Promise<void> } = {},
  ) {
    this.#line = line;
    this.#sink = sink;
    this.#interface = index;
    this.#now = now;
    this.#closed = closed;
    line.onDatagram = (datagram) => this.#deliver(datagram);
    line.onReady = () => this.onReady();
    line.onLost = (reason) => this.onLost(reason);
    line.onRestored = () => this.onRestored();
    line.onDrop = (reason, bytes) => this.#dropped(reason, bytes);
  }

  get ready(): boolean {
    return this.#line.ready;
  }

  get isOpen(): boolean {
    return this.#line.isOpen;
  }

  get baud(): number {
    return this.#line.baud;
  }

  set baud(baud: number) {
    this.#line.baud = baud;
  }

  get counters(): Readonly<Record<string, number>> {
    return this.#line.counters;
  }

  send(datagram: Uint8Array): void {
    if (this.#line.ready) this.#write({ bytes: datagram, direction: OUTBOUND });
    this.#line.send(datagram);
  }

  /** Adds a remark to the datagram that is being delivered: why whoever received it has refused it. */
  remark(reason: string): void {
    this.#remarks.push(reason);
  }

  async close(): Promise<void> {
    await this.#line.close();
    await this.#closed();
  }

  /** Written after it was delivered, when it is known what became of it; its bytes may have been used again, so a copy is. */
  #deliver(datagram: Uint8Array): void {
    const copy = new Uint8Array(datagram);
    const time = this.#now();
    this.#remarks = [];
    this.onDatagram(datagram);
    this.#write({ bytes: copy, time, direction: INBOUND, reasons: this.#remarks });
  }

  #dropped(reason: string, bytes: Uint8Array): void {
    const outbound = reason === 'slip-not-ready' || reason === 'slip-closed';
    this.#write({ bytes, direction: outbound ? OUTBOUND : INBOUND, reasons: [reason] });
    this.onDrop(reason, bytes);
  }

  #write({
    time = this.#now(),
    reasons = [],
    ...packet
  }: Pick<Packet, 'bytes' | 'direction'> & { time?: number; reasons?: string[] }): void {
    const comments = reasons.map((reason) => `dropped: ${reason}`);
    this.#sink.write({ ...packet, time, interface: this.#interface, comments });
  }
}
