import { createWriteStream, openSync, renameSync, type WriteStream } from 'node:fs';
import { fileHeader, type Packet, packetBlock } from './pcapng.ts';

/** What a slow disk may still owe, in bytes; datagrams beyond it are left out of the file. */
const LARGEST_BACKLOG = 4_000_000;

/** A pcapng file that does not grow beyond its size: then it becomes FILE.1, and begins anew. */
export class CaptureFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #onError: (error: Error) => void;
  readonly #header: Buffer;
  #stream: WriteStream | undefined;
  #size = 0;

  /** @throws the system's error when the file cannot be written */
  constructor(
    path: string,
    maxBytes: number,
    interfaces: readonly string[],
    onError: (error: Error) => void,
  ) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#header = fileHeader(interfaces);
    this.#onError = onError;
    this.#begin();
  }

  write(packet: Packet): void {
    const block = packetBlock(packet);
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
    this.#append(this.#header);
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
