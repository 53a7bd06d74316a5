import { SlipEncoder } from '@serialport/parser-slip-encoder';
import type { Drop } from '../wire/drop.ts';

/** SLIP (RFC 1055): datagrams on a byte stream, each ended by END. */
export const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

/** Longest frame taken, in bytes after unescaping: more than any MTU in use on SLIP (RFC 1055 has 1006). */
export const LARGEST_FRAME = 4096;

export type SlipDropReason = 'slip-oversize' | 'slip-escape';

const State = { TEXT: 0, ESCAPED: 1, SKIPPING: 2 } as const;

/** Finds the frames in a stream of bytes cut up in any way, in linear time and bounded memory. */
export class SlipDecoder {
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #drop: Drop<SlipDropReason>;
  readonly #frame = new Uint8Array(LARGEST_FRAME);
  #length = 0;
  #state: number = State.TEXT;

  /**
   * @param onFrame is called with each whole frame, of 1 to LARGEST_FRAME bytes, which are reused once it
   *   returns. Empty frames are no event: senders use them to flush noise (RFC 1055).
   * @param drop is told once for each frame that is refused, while `unfinished` still holds its start
   */
  constructor(onFrame: (frame: Uint8Array) => void, drop: Drop<SlipDropReason>) {
    this.#onFrame = onFrame;
    this.#drop = drop;
  }

  /** The bytes of a frame that has not ended yet. Not copied. */
  get unfinished(): Uint8Array {
    return this.#frame.subarray(0, this.#length);
  }

  /** Forgets an unfinished frame. */
  reset(): void {
    this.#length = 0;
    this.#state = State.TEXT;
  }

  push(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (byte === END) this.#end();
      else if (this.#state === State.ESCAPED) this.#unescape(byte);
      else if (this.#state === State.SKIPPING) continue;
      else if (byte === ESC) this.#state = State.ESCAPED;
      else this.#append(byte);
    }
  }

  #append(byte: number): void {
    if (this.#length < LARGEST_FRAME) this.#frame[this.#length++] = byte;
    else this.#refuse('slip-oversize');
  }

  /** ESC before anything else is an error that RFC 1055 leaves open: a frame known to be damaged is not delivered. */
  #unescape(byte: number): void {
    this.#state = State.TEXT;
    if (byte === ESC_END) this.#append(END);
    else if (byte === ESC_ESC) this.#append(ESC);
    else this.#refuse('slip-escape');
  }

  /** END ends the frame even after ESC: whatever became of this frame, the next one is whole. */
  #end(): void {
    if (this.#state === State.ESCAPED) this.#refuse('slip-escape');
    const frame = this.unfinished;
    this.reset();
    if (frame.length > 0) this.#onFrame(frame);
  }

  #refuse(reason: SlipDropReason): void {
    this.#drop(reason);
    this.#length = 0;
    this.#state = State.SKIPPING;
  }
}

/** A function that frames datagrams; its result is not reused. */
export function slipEncoder(): (datagram: Uint8Array, afterIdle: boolean) => Uint8Array {
  const encoder = new SlipEncoder();
  // RFC 1055's advice: an END in front of a frame ends whatever noise the receiver took for one.
  const encoderAfterIdle = new SlipEncoder({ START: END });
  return (datagram, afterIdle) => {
    const stream = afterIdle ? encoderAfterIdle : encoder;
    stream.write(datagram);
    return stream.read() as Uint8Array;
  };
}
