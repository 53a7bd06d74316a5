import { createWriteStream, openSync, renameSync, type WriteStream } from 'node:fs';
import type { PortLine } from './line.ts';
import { fileHeader, INBOUND, OUTBOUND, packetBlock } from './pcapng.ts';

export interface CaptureOptions {
  /** Size in bytes at which the file is renamed to FILE.1, in place of the one before, and begun anew. Default 100 MB. */
  maxBytes?: number;
  /** The wall clock, in ms since 1970. */
  now?: () => number;
}

/** What a slow disk may still owe, in bytes; datagrams beyond it are left out of the file. */
const LARGEST_BACKLOG = 4_000_000;

const wallClock = () => performance.timeOrigin + performance.now();

/** Records what crosses `line` in a pcapng file. @throws the system's error when the file cannot be written */
export function captureLine(line: PortLine, file: string, options: CaptureOptions = {}): CaptureLine {
  return new CaptureLine(line, file, options);
}

/** A line that writes down every datagram, and every refusal with its reason, and is otherwise the one below it. */
export class CaptureLine implements PortLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  onReady = () => {};
  onLost: (reason: string) => void = () => {};
  onRestored = () => {};
  onDrop: (reason: string, bytes: Uint8Array) => void = () => {};
  /** Called when the file cannot be written any more; the line goes on without it. */
  onCaptureError: (error: Error) => void = () => {};

  readonly #line: PortLine;
  readonly #file: CaptureFile;
  readonly #now: () => number;
  /** Why the datagram that is being delivered was refused. */
  #remarks: string[] = [];

  constructor(line: PortLine, file: string, { maxBytes = 100_000_000, now = wallClock }: CaptureOptions) {
    this.#line = line;
    this.#now = now;
    this.#file = new CaptureFile(file, maxBytes, (error) => this.onCaptureError(error));
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
    if (this.#line.ready) this.#write(datagram, OUTBOUND, []);
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
    this.#file.write(packetBlock(copy, time, INBOUND, this.#remarks.map(dropComment)));
  }

  #dropped(reason: string, bytes: Uint8Array): void {
    const outbound = reason === 'slip-not-ready' || reason === 'slip-closed';
    this.#write(bytes, outbound ? OUTBOUND : INBOUND, [dropComment(reason)]);
    this.onDrop(reason, bytes);
  }

  #write(bytes: Uint8Array, direction: number, comments: string[]): void {
    this.#file.write(packetBlock(bytes, this.#now(), direction, comments));
  }
}

const dropComment = (reason: string) => `dropped: ${reason}`;

/** A file of whole blocks that does not grow beyond its size. */
class CaptureFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #onError: (error: Error) => void;
  #stream: WriteStream | undefined;
  #size = 0;

  constructor(path: string, maxBytes: number, onError: (error: Error) => void) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#onError = onError;
    this.#begin();
  }

  write(block: Uint8Array): void {
    if (!this.#stream || this.#stream.writableLength > LARGEST_BACKLOG) return;
    if (this.#size + block.length > this.#maxBytes) this.#rotate();
    this.#append(block);
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream && !stream.destroyed) await new Promise<void>((resolve) => stream.end(resolve));
  }

  #begin(): void {
    // Opened at once, so that what cannot be written is known at the start.
    this.#stream = createWriteStream(this.#path, { fd: openSync(this.#path, 'w') });
    this.#stream.on('error', (error) => this.#fail(error));
    this.#size = 0;
    this.#append(fileHeader());
  }

  #append(block: Uint8Array): void {
    this.#stream?.write(block);
    this.#size += block.length;
  }

  #rotate(): void {
    this.#stream?.end();
    try {
      renameSync(this.#path, `${this.#path}.1`);
      this.#begin();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#stream) this.#onError(error);
    this.#stream = undefined;
  }
}
