import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { lookup } from 'mrmime';
import type { Logger } from 'pino';
import sirv from 'sirv';
import { logRequest } from './access.ts';
import { finish, isKnown, sendBody, sparing } from './answer.ts';
import { acceptedEncoding, isCompressible } from './compress.ts';
import { FileCache, LARGEST_CACHED } from './file-cache.ts';
import { type Resource, Site } from './site.ts';
import type { ServerStatus } from './status.ts';
import { Templates } from './templates.ts';
import { startVisit, type Visit } from './visit.ts';
import type { Visitors } from './visitors.ts';

export interface PageServerOptions {
  /** The folder of pages; the built-in site unless set. */
  site?: string | undefined;
  visitors: Visitors;
  status: () => ServerStatus;
  log: Logger;
}

const BUILT_IN = fileURLToPath(new URL('../../site', import.meta.url));
const METHODS = 'GET, HEAD';
const HTML = 'text/html;charset=utf-8';

/** A request listener for `http.createServer` that serves a folder of templates and files. */
export function createPageServer(options: PageServerOptions): RequestListener {
  const server = new PageServer(options);
  return (request, response) => void server.serve(request, response);
}

class PageServer {
  readonly #options: PageServerOptions;
  readonly #site: Site;
  readonly #builtIn = new Site(BUILT_IN);
  readonly #templates: Templates;
  readonly #cache = new FileCache();
  readonly #stream: ReturnType<typeof sirv>;

  constructor(options: PageServerOptions) {
    this.#options = options;
    this.#site = new Site(options.site ?? BUILT_IN);
    this.#templates = new Templates(this.#site.root);
    this.#stream = sirv(this.#site.root, { dev: true, etag: true, extensions: [] });
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const visit = startVisit(request, response);
    logRequest(visit, this.#options.log);
    sparing(visit);
    try {
      await this.#answer(visit);
    } catch (error) {
      this.#options.log.error({ error, path: visit.path }, 'page failed');
      await this.#fail(visit, 500);
    }
  }

  async #answer(visit: Visit): Promise<void> {
    const { request, response, path } = visit;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', METHODS);
      return this.#fail(visit, 405);
    }
    const found = await this.#find(path);
    if (found.kind === 'bad') return this.#fail(visit, 400);
    if (found.kind === 'none') return this.#fail(visit, 404);
    if (found.kind === 'folder') return void response.writeHead(301, { Location: `${path}/` }).end();
    if (found.kind === 'template') return this.#page(visit, found.file, 200);
    await this.#file(visit, found);
  }

  /** The site's own; failing that, the built-in status page. */
  async #find(path: string): Promise<Resource> {
    const found = await this.#site.find(path);
    return found.kind === 'none' && path === '/status' ? this.#builtIn.find(path) : found;
  }

  async #page(visit: Visit, template: string, status: number): Promise<void> {
    const { request, path, query } = visit;
    if (isVisit(visit, status)) visit.number = await this.#options.visitors.next();
    const server = this.#options.status();
    const html = await this.#templates.render(template, {
      visitor: { number: visit.number, address: request.socket.remoteAddress },
      request: { method: request.method, path, query: Object.fromEntries(query), headers: request.headers },
      visitors: this.#options.visitors.count,
      server,
      up: duration(server.uptime),
      node: process.version,
      status,
      time: new Date(),
    });
    await sendBody(visit, status, HTML, Buffer.from(html));
  }

  /** An error page: the site's, or the built-in one, or a line of text. */
  async #fail(visit: Visit, status: number): Promise<void> {
    const { response } = visit;
    if (response.headersSent) return void response.destroy();
    try {
      const name = status === 500 ? '/500' : '/404';
      const own = await this.#site.find(name);
      const page = own.kind === 'template' ? own : await this.#builtIn.find(name);
      if (page.kind === 'template' && (status === 404 || status === 500))
        return await this.#page(visit, page.file, status);
    } catch (error) {
      this.#options.log.error({ error }, 'error page failed');
    }
    await sendBody(visit, status, 'text/plain', Buffer.from(`${status}\n`));
  }

  async #file(visit: Visit, found: Resource & { kind: 'file' }): Promise<void> {
    const { request, response } = visit;
    if (found.size > LARGEST_CACHED || request.headers.range !== undefined) {
      return this.#stream(request, response, () => void this.#fail(visit, 404));
    }
    const type = lookup(found.file) ?? 'application/octet-stream';
    const file = await this.#cache.get(found.file, found.modified);
    const known = isKnown(request, file.etag);
    if (type === 'text/html' && !known && isVisit(visit, 200))
      visit.number = await this.#options.visitors.next();
    const encoding = isCompressible(type) ? acceptedEncoding(request.headers['accept-encoding']) : undefined;
    const encoded = encoding && (await this.#cache.encoded(file, encoding));
    if (isCompressible(type)) response.setHeader('Vary', 'Accept-Encoding');
    if (encoded) response.setHeader('Content-Encoding', encoding);
    response.setHeader('ETag', encoded ? file.etag.replace(/"$/, `-${encoding}"`) : file.etag);
    if (known) return void response.writeHead(304).end();
    finish(visit, 200, type.startsWith('text/') ? `${type};charset=utf-8` : type, encoded ?? file.body);
  }
}

/** A visit is a GET of a page that is there; the status page is for those who look on. */
function isVisit({ request, path }: Visit, status: number): boolean {
  return request.method === 'GET' && status === 200 && path !== '/status';
}

/** A length of time for people: its largest two units. */
function duration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'day'],
    [Math.floor(seconds / 3600) % 24, 'hour'],
    [Math.floor(seconds / 60) % 60, 'minute'],
    [Math.floor(seconds) % 60, 'second'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(Math.max(0, first), first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ') || 'a moment';
}
