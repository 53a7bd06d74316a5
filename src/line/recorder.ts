import { lstatSync, renameSync } from 'node:fs';
import type { PacketSink } from './capture.ts';
import { CaptureFile } from './capture-file.ts';
import { fileHeader, type Packet, packetBlock } from './pcapng.ts';

/** Datagrams that are kept in memory. */
const MOST_RECENT = 64;

export interface RecorderOptions {
  /** Size in bytes at which a file is renamed to FILE.1, in place of the one before, and begun anew. */
  maxBytes: number;
  /** Called when a file cannot be written any more; the lines go on without it. */
  onError: (error: Error) => void;
}

/** The latest datagrams of some lines, in memory; and all of them in a file, for as long as that is wanted. */
export class Recorder implements PacketSink {
  readonly #interfaces: readonly string[];
  readonly #options: RecorderOptions;
  /** The oldest first, once it is full, from `#oldest` on. */
  readonly #recent: Packet[] = [];
  #oldest = 0;
  #file: CaptureFile | undefined;
  #path: string | undefined;

  /** @param interfaces the lines' names, in the order of their indices */
  constructor(interfaces: readonly string[], options: RecorderOptions) {
    this.#interfaces = interfaces;
    this.#options = options;
  }

  /** The file that is being written, if there is one. */
  get path(): string | undefined {
    return this.#path;
  }

  write(packet: Packet): void {
    this.#file?.write(packet);
    this.#recent[this.#oldest] = { ...packet, bytes: new Uint8Array(packet.bytes) };
    this.#oldest = (this.#oldest + 1) % MOST_RECENT;
  }

  /** Begins a file; one that is there becomes FILE.1. @throws the system's error when it cannot be written */
  start(path: string): void {
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile()) renameSync(path, `${path}.1`);
    this.#file = new CaptureFile(path, this.#options.maxBytes, this.#interfaces, (error) => {
      this.#file = this.#path = undefined;
      this.#options.onError(error);
    });
    this.#path = path;
  }

  /** Ends the file, if there is one. */
  async stop(): Promise<void> {
    const file = this.#file;
    this.#file = this.#path = undefined;
    await file?.close();
  }

  /** The datagrams in memory, as a pcapng file. */
  recent(): Buffer {
    const packets = [...this.#recent.slice(this.#oldest), ...this.#recent.slice(0, this.#oldest)];
    return Buffer.concat([fileHeader(this.#interfaces), ...packets.map(packetBlock)]);
  }
}
