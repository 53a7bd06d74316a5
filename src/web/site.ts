import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What a path of a site leads to. */
export type Resource =
  | { kind: 'template'; file: string; name: string }
  | { kind: 'file'; file: string; size: number; modified: number }
  /** A folder whose name lacks its last slash, without which links in it would go astray. */
  | { kind: 'folder' }
  | { kind: 'none' }
  /** The path itself is not acceptable: 400. */
  | { kind: 'bad' };

const NONE: Resource = { kind: 'none' };
/** Names that Windows gives to devices, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)/i;

/** A folder of pages: finds what a path of a URL means, and nothing that lies outside the folder. */
export class Site {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** @param path the path of a request, as it came, without its query */
  async find(path: string): Promise<Resource> {
    const parts = partsOf(path);
    if (parts === undefined) return { kind: 'bad' };
    if (!parts.every(isPlain)) return NONE;
    const place = join(this.root, ...parts);
    if (path.endsWith('/')) return this.#index(place);
    // A template answers by its name, never by its source.
    const found = place.endsWith('.eta')
      ? NONE
      : ((await this.#template(place)) ?? (await this.#file(place)));
    if (found.kind !== 'none') return found;
    return (await this.#index(place)).kind === 'none' ? NONE : { kind: 'folder' };
  }

  async #index(place: string): Promise<Resource> {
    return (await this.#template(join(place, 'index'))) ?? this.#file(join(place, 'index.html'));
  }

  async #template(place: string): Promise<Resource | undefined> {
    const file = await this.#inside(`${place}.eta`);
    return file === undefined ? undefined : { kind: 'template', file, name: place.slice(this.root.length) };
  }

  async #file(place: string): Promise<Resource> {
    const file = await this.#inside(place);
    if (file === undefined) return NONE;
    const { size, mtimeMs } = await stat(file);
    return { kind: 'file', file, size, modified: mtimeMs };
  }

  /** The real path of a regular file; undefined if there is none, or a link leads out of the site. */
  async #inside(place: string): Promise<string | undefined> {
    try {
      const [file, root] = await Promise.all([realpath(place), realpath(this.root)]);
      return file.startsWith(root + sep) && (await stat(file)).isFile() ? file : undefined;
    } catch {
      return undefined;
    }
  }
}

/** The names in a path, decoded once; undefined for one that cannot be meant well. */
function partsOf(path: string): string[] | undefined {
  if (!path.startsWith('/') || /%(2f|5c|00)/i.test(path)) return undefined;
  try {
    return decodeURIComponent(path).split('/').filter(Boolean);
  } catch {
    return undefined;
  }
}

/** Neither hidden, nor a way up, nor a name with a meaning of its own somewhere. */
function isPlain(name: string): boolean {
  return !name.startsWith('.') && !/[\\:\0]/.test(name) && !name.endsWith('.') && !DEVICE.test(name);
}
