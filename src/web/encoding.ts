import { promisify } from 'node:util';
import { brotliCompress, constants, createBrotliCompress, createGzip, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** Shorter texts, in bytes, are sent as they are: encoding would save less than its headers cost. */
export const LEAST_ENCODED = 128;
/** What an encoded response says more than a plain one: `Content-Encoding: gzip` and a line's end, in bytes. */
const HEADER_COST = 24;
const LARGEST_WINDOW = 18;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

/** The best encoding that the client takes (RFC 9110 §12.5.3); undefined when it takes none of ours. */
export function bestEncoding(acceptEncoding: string | undefined): Encoding | undefined {
  const { br, gzip } = weightsOf(acceptEncoding);
  if (br === 0 && gzip === 0) return undefined;
  return br >= gzip ? 'br' : 'gzip';
}

/** How much the client likes each of our encodings, from 0, not at all, to 1. */
export function weightsOf(acceptEncoding: string | undefined): Record<Encoding, number> {
  const weights = new Map(acceptEncoding?.split(',').map(parseCoding));
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get('*') ?? 0;
  return { br: weightOf('br'), gzip: Math.max(weightOf('gzip'), weights.get('x-gzip') ?? 0) };
}

function parseCoding(item: string): [coding: string, weight: number] {
  const [coding, ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return [coding!, weight === undefined ? 1 : Number(weight) || 0];
}

/** `body` encoded, or undefined where that saves nothing once its header is paid. */
export async function compress(body: Buffer, encoding: Encoding): Promise<Buffer | undefined> {
  const encoded =
    encoding === 'br'
      ? await compressBrotli(body, { params: brotliParameters(body.length) })
      : await compressGzip(body, { level: 9, memLevel: 9 });
  return encoded.length + HEADER_COST < body.length ? encoded : undefined;
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
