import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { compress, type Encoding } from './compress.ts';

/** Larger files are streamed. */
export const LARGEST_CACHED = 65_536;
/** Bytes kept in all, encodings included. */
const CAPACITY = 4 * 1024 * 1024;

export interface CachedFile {
  modified: number;
  body: Buffer;
  /** A strong validator, in its quotes. */
  etag: string;
  /** Encodings that were asked for; undefined where one saves nothing. */
  encoded: Map<Encoding, Buffer | undefined>;
}

/** Small files in memory, each encoded once; the one unused for longest gives way. */
export class FileCache {
  /** In order of their last use. */
  readonly #files = new Map<string, CachedFile>();

  async get(path: string, modified: number): Promise<CachedFile> {
    const known = this.#files.get(path);
    const file = known?.modified === modified ? known : await load(path, modified);
    this.#files.delete(path);
    this.#files.set(path, file);
    if (file !== known) this.#makeRoom();
    return file;
  }

  /** The file's body in `encoding`; undefined where that saves nothing. */
  async encoded(file: CachedFile, encoding: Encoding): Promise<Buffer | undefined> {
    if (!file.encoded.has(encoding)) {
      file.encoded.set(encoding, await compress(file.body, encoding));
      this.#makeRoom();
    }
    return file.encoded.get(encoding);
  }

  #makeRoom(): void {
    let bytes = [...this.#files.values()].reduce((sum, file) => sum + sizeOf(file), 0);
    for (const [path, file] of this.#files) {
      if (bytes <= CAPACITY) return;
      this.#files.delete(path);
      bytes -= sizeOf(file);
    }
  }
}

async function load(path: string, modified: number): Promise<CachedFile> {
  const body = await readFile(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 8)}"`;
  return { modified, body, etag, encoded: new Map() };
}

function sizeOf(file: CachedFile): number {
  return [...file.encoded.values()].reduce((sum, body) => sum + (body?.length ?? 0), file.body.length);
}
