import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** What an encoded response says in addition: `Content-Encoding: gzip` and `Vary: Accept-Encoding`, in bytes. */
const HEADERS_COST = 47;
const LARGEST_WINDOW = 18;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** The best encoding that the client takes (RFC 9110 §12.5.3); undefined when it takes none of ours. */
export function bestEncoding(acceptEncoding: string | undefined): Encoding | undefined {
  const weights = new Map(acceptEncoding?.split(',').map(parseCoding));
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get('*') ?? 0;
  const br = weightOf('br');
  const gzip = Math.max(weightOf('gzip'), weights.get('x-gzip') ?? 0);
  if (br === 0 && gzip === 0) return undefined;
  return br >= gzip ? 'br' : 'gzip';
}

function parseCoding(item: string): [coding: string, weight: number] {
  const [coding, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return [coding!, weight === undefined ? 1 : Number(weight) || 0];
}

/** `body` encoded, or undefined where that saves nothing once its headers are paid. */
export async function compress(body: Buffer, encoding: Encoding): Promise<Buffer | undefined> {
  if (body.length <= HEADERS_COST) return undefined;
  const encoded =
    encoding === 'br'
      ? await compressBrotli(body, { params: brotliParameters(body.length) })
      : await compressGzip(body, { level: 9, memLevel: 9 });
  return encoded.length + HEADERS_COST < body.length ? encoded : undefined;
}

/** A transform for what is too large to be encoded at once; it holds less than 1 MB. */
export function createEncoder(encoding: Encoding) {
  if (encoding === 'gzip') return createGzip({ level: 9 });
  return createBrotliCompress({
    params: { ...brotliParameters(Infinity), [constants.BROTLI_PARAM_QUALITY]: 6 },
  });
}

/** The window no larger than the text: at the highest quality the encoder's memory and time grow with it. */
function brotliParameters(length: number): Record<number, number> {
  const window = Math.min(LARGEST_WINDOW, Math.max(10, Math.ceil(Math.log2(length + 16))));
  return {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: length > 65_536 ? 9 : 11,
    [constants.BROTLI_PARAM_LGWIN]: window,
  };
}
