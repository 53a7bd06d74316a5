import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Encoding = 'br' | 'gzip';

/** What fits a segment anyway gains nothing that its header would not cost. */
const LEAST = 200;

/** The encoding that a client prefers of those spoken here; undefined for none. */
export function acceptedEncoding(header: string | undefined): Encoding | undefined {
  const accepted = new Set(
    (header ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.trim().split(/\s*;\s*q=/))
      .filter(([, quality]) => quality === undefined || Number(quality) > 0)
      .map(([name]) => name),
  );
  if (accepted.has('br')) return 'br';
  return accepted.has('gzip') ? 'gzip' : undefined;
}

/** Whether bodies of this type become smaller. */
export function isCompressible(type: string): boolean {
  return /^text\/|[/+](json|xml|javascript)\b|^image\/(svg|bmp)/.test(type);
}

/** @returns the body encoded, or undefined where that saves nothing */
export async function compress(body: Buffer, encoding: Encoding): Promise<Buffer | undefined> {
  if (body.length < LEAST) return undefined;
  const smaller =
    encoding === 'br'
      ? await promisify(brotliCompress)(body, {
          params: {
            [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
            [constants.BROTLI_PARAM_SIZE_HINT]: body.length,
          },
        })
      : await promisify(gzip)(body, { level: 9 });
  const cost = 'Content-Encoding: gzip\r\n'.length;
  return smaller.length + cost < body.length ? smaller : undefined;
}
