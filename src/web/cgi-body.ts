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
 * The body of `request`. CGI tells the length ahead, so one that comes in chunks is kept in memory first.
 *
 * @returns undefined when that grows longer than `limit` bytes
 * @throws when the client goes meanwhile
 */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<CgiBody | undefined> {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined) return streamed(request, length === undefined ? undefined : Number(length));
  const whole = await readWhole(request, limit);
  return whole && { length: whole.length, isAwaited: () => false, pour: (input) => input.end(whole) };
}

function streamed(request: IncomingMessage, length: number | undefined): CgiBody {
  return {
    length,
    isAwaited: () => !request.complete && !request.isPaused(),
    pour(input) {
      if (length === undefined) return void input.end();
      request.pipe(input);
      input.once('close', () => {
        request.unpipe(input);
        request.resume();
      });
    },
  };
}

function readWhole(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else resolve(undefined);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}
