import { CaptureFile } from './capture-file.ts';
import type { PortLine } from './line.ts';
import { INBOUND, OUTBOUND, type Packet } from './pcapng.ts';

export interface CaptureOptions {
  /** Size in bytes at which the file is renamed to FILE.1, in place of the one before, and begun anew. Default 100 MB. */
  maxBytes?: number;
  /** The wall clock, in ms since 1970. */
  now?: () => number;
  /** Called when the file cannot be written any more; the lines go on without it. */
  onError?: (error: Error) => void;
}

export interface NamedLine {
  /** What Wireshark calls it. */
  name: string;
  line: PortLine;
}

const wallClock = () => performance.timeOrigin + performance.now();

/** Records what crosses `line` in a pcapng file. @throws the system's error when the file cannot be written */
export function captureLine(line: PortLine, file: string, options: CaptureOptions = {}): CaptureLine {
  return captureLines([{ name: 'line', line }], file, options)[0]!;
}

/**
 * Records what crosses several lines in one pcapng file, with an interface for each. The file ends with the
 * last of them.
 *
 * @throws the system's error when the file cannot be written
 */
export function captureLines(
  lines: readonly NamedLine[],
  path: string,
  { maxBytes = 100_000_000, now = wallClock, onError = () => {} }: CaptureOptions = {},
): CaptureLine[] {
  const names = lines.map(({ name }) => name);
  const file = new CaptureFile(path, maxBytes, names, onError);
  return lines.map(({ line }, index) => new CaptureLine(line, file, index, now));
}

/** A line that writes down every datagram, and every refusal with its reason, and is otherwise the one below it. */
export class CaptureLine implements PortLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady = () => {};
  onLost: (reason: string) => void = () => {};
  onRestored = () => {};
  onDrop: (reason: string, bytes: Uint8Array) => void = () => {};

  readonly #line: PortLine;
  readonly #file: CaptureFile;
  readonly #interface: number;
  readonly #now: () => number;
  /** Why the datagram that is being delivered was refused. */
  #remarks: string[] = [];

  /** @param index of the line's interface in the file */
  constructor(line: PortLine, file: CaptureFile, index: number, now: () => number) {
    this.#line = line;
    this.#file = file;
    this.#interface = index;
    this.#now = now;
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
    await this.#file.close();
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
    this.#file.write({ ...packet, time, interface: this.#interface, comments });
  }
}
