import { realpathSync, type Stats, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { cgiKind, isSource, MODULE_ENDINGS, type Script } from './script.ts';

/** The folder of pages cannot be read; `message` is for people. */
export class SiteError extends Error {
  override name = 'SiteError';
}

/** What a site has at a path. */
export type Found =
  | { kind: 'template'; name: string }
  | { kind: 'file'; path: string; stats: Stats }
  | { kind: 'script'; script: Script }
  /** A folder that was asked for without the slash at its end. */
  | { kind: 'folder' };

/** Where a template's name ends; compared without case, since some file systems know none. */
const TEMPLATE = '.eta';
/** Templates that answer errors, and are no pages themselves. */
const ERROR_PAGES = new Set(['404', '500']);
/** Names that Windows gives to devices, with any extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)(\.|$)/i;
/** Of a path that leads nowhere. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG', 'EINVAL']);

/**
 * The decoded path of a request target, without query (RFC 9112 §3.2: also the form with scheme and host).
 *
 * @returns undefined where it is malformed: no path, bad escapes, escaped slashes, control characters
 */
export function pathOf(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '') || '/';
  if (!path.startsWith('/') || /%(2f|5c)/i.test(path)) return undefined;
  try {
    const decoded = decodeURIComponent(path);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return /[\x00-\x1f\x7f]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** A folder of templates and files, and what may be seen of it. */
export class Site {
  /** Absolute, without symbolic links. */
  readonly root: string;

  /** @throws {SiteError} when `folder` is no folder that can be read */
  constructor(folder: string) {
    try {
      this.root = realpathSync(folder);
      if (statSync(this.root).isDirectory()) return;
    } catch (error) {
      throw new SiteError(`the folder of pages ${folder} cannot be read (${(error as Error).message})`);
    }
    throw new SiteError(`the folder of pages ${folder} is not a folder`);
  }

  /** What answers the decoded `path`; undefined when nothing does, or nobody may see it. */
  async find(path: string): Promise<Found | undefined> {
    const segments = path.slice(1).split('/');
    const script = await this.#findCgi(segments);
    if (script) return script;
    const isFolder = segments.at(-1) === '';
    if (isFolder) segments.pop();
    if (!segments.every(isPublic) || isSource(path)) return undefined;
    const name = segments.join('/');
    return isFolder ? this.#findIndex(name) : this.#findPage(name);
  }

  async hasTemplate(name: string): Promise<boolean> {
    return (await this.#look(name + TEMPLATE))?.stats.isFile() ?? false;
  }

  /** The first script on the way; what follows it is for the script to read (RFC 3875 §4.1.5). */
  async #findCgi(segments: string[]): Promise<Found | undefined> {
    for (const [i, segment] of segments.entries()) {
      if (!isPublic(segment)) return undefined;
      const script = cgiKind(segment) && (await this.#script(segments.slice(0, i + 1).join('/')));
      if (!script) continue;
      const rest = segments.slice(i + 1);
      if (rest.some((segment) => segment === '.' || segment === '..')) return undefined;
      return {
        kind: 'script',
        script: { ...script, pathInfo: rest.map((segment) => `/${segment}`).join('') },
      };
    }
    return undefined;
  }

  async #findPage(name: string): Promise<Found | undefined> {
    const entry = await this.#look(name);
    if (entry?.stats.isFile()) return { kind: 'file', ...entry };
    if (!ERROR_PAGES.has(name) && (await this.hasTemplate(name))) return { kind: 'template', name };
    const module = await this.#firstScript(name, MODULE_ENDINGS);
    if (module) return module;
    return entry?.stats.isDirectory() && (await this.#findIndex(name)) ? { kind: 'folder' } : undefined;
  }

  async #findIndex(folder: string): Promise<Found | undefined> {
    const name = join(folder, 'index');
    if (await this.hasTemplate(name)) return { kind: 'template', name };
    const script = await this.#firstScript(name, [...MODULE_ENDINGS, '.php', '.cgi']);
    if (script) return script;
    for (const extension of ['.html', '.htm']) {
      const entry = await this.#look(name + extension);
      if (entry?.stats.isFile()) return { kind: 'file', ...entry };
    }
    return undefined;
  }

  async #firstScript(name: string, endings: string[]): Promise<Found | undefined> {
    for (const ending of endings) {
      const script = await this.#script(name + ending);
      if (script) return { kind: 'script', script };
    }
    return undefined;
  }

  async #script(name: string): Promise<Script | undefined> {
    const entry = await this.#look(name);
    if (!entry?.stats.isFile()) return undefined;
    return { kind: cgiKind(name) ?? 'module', name, pathInfo: '', ...entry };
  }

  /** Follows symbolic links, but not out of the site. */
  async #look(name: string): Promise<{ path: string; stats: Stats } | undefined> {
    try {
      const entry = join(this.root, name);
      const [path, stats] = await Promise.all([realpath(entry), stat(entry)]);
      if (!`${path}${sep}`.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep))
        return undefined;
      return { path, stats };
    } catch (error) {
      if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }
}

/** No dot file, no `.` or `..`, no partial, and nothing that means something else to Windows. */
function isPublic(segment: string): boolean {
  return segment !== '' && !/^[._]|[\\:]|[. ]$/.test(segment) && !DEVICE.test(segment);
}
