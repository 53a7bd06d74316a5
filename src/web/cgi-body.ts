import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';

/** The body of a request, as a CGI process gets it. */
export interface CgiBody {
  /** Bytes; undefined where the request has none. */
  length: number | undefined;
  /** Whether more of it is still to come from the client. */
  isAwaited(): boolean;
  /** Hands it over at the pace at which `input` takes it; what is not taken is thrown away. */
  pour(input: Writable): void;
}

/**
 * Awaits bodies before their scripts run: a client that sends slowly must not hold the place of a script, and
 * CGI tells the length ahead, also of a body that comes in chunks.
 */
export class CgiBodies {
  readonly #longest: number;
  #room: number;

  /**
   * @param longest of one body that is awaited, bytes. One that is announced to be longer is passed on as it comes
   * @param room for all that have come in part, bytes
   */
  constructor(longest: number, room: number) {
    this.#longest = longest;
    this.#room = room;
  }

  /**
   * The body of `request`, or why it is not taken: it grows beyond the longest, or there is no room.
   *
   * @throws when the client goes meanwhile
   */
  async of(request: IncomingMessage): Promise<CgiBody | 'too long' | 'no room'> {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    if (coding === undefined && length === undefined) return whole(undefined);
    if (Number(length) > this.#longest) return streamed(request, Number(length));
    const chunks: Buffer[] = [];
    let received = 0;
    try {
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        received += chunk.length;
        this.#room -= chunk.length;
        if (received > this.#longest) return 'too long';
        if (this.#room < 0) return 'no room';
        chunks.push(chunk);
      }
    } finally {
      this.#room += received;
    }
    return whole(Buffer.concat(chunks));
  }
}

function whole(content: Buffer | undefined): CgiBody {
  return {
    length: content?.length,
    isAwaited: () => false,
    pour: (input) => void input.end(content),
  };
}

function streamed(request: IncomingMessage, length: number): CgiBody {
  return {
    length,
    isAwaited: () => !request.complete && !request.isPaused(),
    pour(input) {
      request.pipe(input);
      input.once('close', () => {
        request.unpipe(input);
        request.resume();
      });
    },
  };
}
