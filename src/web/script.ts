import type { Stats } from 'node:fs';

/** A program of the site that answers a path. */
export interface Script {
  /** `php` and `cgi` run as processes of their own by CGI/1.1, a `module` is imported into this one. */
  kind: 'php' | 'cgi' | 'module';
  /** Its path in the site, as logs show it. */
  name: string;
  /** Absolute, without symbolic links. */
  path: string;
  stats: Stats;
  /** What follows the script in the request's path, with its slash; empty where nothing does. */
  pathInfo: string;
}

/** What a page module's name ends in, after the page's own name. */
export const MODULE_ENDINGS = ['.page.js', '.page.mjs'];

const SOURCE = /\.(eta|php\d?|phtml|cgi|page\.m?js)(~|\.[^./]*)?$/i;

/** Whether a file of this name runs by CGI; file systems that know no case must not turn scripts into files. */
export function cgiKind(name: string): 'php' | 'cgi' | undefined {
  const [, ending] = /\.(php|cgi)$/i.exec(name) ?? [];
  return ending?.toLowerCase() as 'php' | 'cgi' | undefined;
}

/** Whether the file holds a program's text, or is an editor's copy of one (`a.php~`, `a.php.bak`): never sent. */
export function isSource(path: string): boolean {
  return SOURCE.test(path);
}
