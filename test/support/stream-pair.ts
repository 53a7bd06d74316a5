import { Duplex } from 'node:stream';

class End extends Duplex {
  other: End | undefined;
  bytesWritten = 0;
  #resume = () => {};

  override _read(): void {
    const resume = this.#resume;
    this.#resume = () => {};
    resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: () => void): void {
    this.bytesWritten += chunk.length;
    if (this.other!.push(chunk)) written();
    else this.other!.#resume = written;
  }

  override _final(finished: () => void): void {
    this.#end();
    finished();
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.#end();
    destroyed(error);
  }

  #end(): void {
    if (!this.other!.readableEnded && !this.other!.destroyed) this.other!.push(null);
  }
}

/** Two streams: what is written to the one is read from the other. */
export function streamPair(): [Duplex, Duplex] {
  const [a, b] = [new End(), new End()];
  a.other = b;
  b.other = a;
  return [a, b];
}
