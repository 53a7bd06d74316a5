import type { IncomingMessage, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { bestEncoding } from './encoding.ts';
import type { Log } from './log.ts';
import { encode, reply, spareHeaders } from './reply.ts';
import { type Found, pathOf, Site } from './site.ts';
import { StaticFiles } from './static-files.ts';
import { Templates } from './templates.ts';
import { addressOf, type ServerStatus, templateValues } from './values.ts';
import { TransientVisitors, type Visitors } from './visitors.ts';

export interface PageServerOptions {
  /** The folder of pages; the built-in site if left out. */
  site?: string | undefined;
  /** Numbers the visitors; in memory only if left out. */
  visitors?: Visitors;
  /** What pages can tell about the server; its uptime alone if left out. */
  status?: () => ServerStatus;
  /** Told of each request, and of each template that fails. */
  log?: Log;
}

/** One request on its way. */
interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Decoded. */
  path: string;
  /** The visitor's number, where this is a visit. */
  visitor: number | undefined;
}

const BUILT_IN = fileURLToPath(new URL('../../site', import.meta.url));
const HTML = 'text/html;charset=utf-8';
/** For those who look after the server: looking at it, again and again, is no visit. */
const UNCOUNTED = new Set(['status']);
/** Of a request target, as much is logged. */
const LOGGED_LENGTH = 200;

/**
 * Serves a folder of templates and files: a listener for `http.createServer`.
 *
 * @throws {SiteError} when the folder cannot be read
 */
export function createPageServer(options: PageServerOptions = {}): RequestListener {
  const server = new PageServer(options);
  return (request, response) => void server.answer(request, response);
}

class PageServer {
  readonly #site: Site;
  readonly #templates: Templates;
  readonly #files = new StaticFiles();
  readonly #visitors: Visitors;
  readonly #status: () => ServerStatus;
  readonly #log: Log | undefined;
  /** Bytes that a connection had written when its latest response was done. */
  readonly #written = new WeakMap<Socket, number>();

  constructor({
    site = BUILT_IN,
    visitors = new TransientVisitors(),
    status = ownStatus,
    log,
  }: PageServerOptions) {
    this.#site = new Site(site);
    this.#templates = new Templates(this.#site.root);
    this.#visitors = visitors;
    this.#status = status;
    this.#log = log;
  }

  /** Never rejects: what goes wrong becomes a 500 page and a line in the log. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange: Exchange = { request, response, path: '/', visitor: undefined };
    this.#logWhenDone(exchange);
    spareHeaders(request, response);
    try {
      await this.#route(exchange);
    } catch (error) {
      await this.#fail(exchange, error as NodeJS.ErrnoException);
    }
  }

  async #route(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(request, response);
    const path = pathOf(request.url!);
    if (path === undefined) return replyText(request, response, 400, 'Bad request');
    exchange.path = path;
    const found = await this.#site.find(path);
    if (!found) return this.#sendErrorPage(exchange, 404);
    return this.#send(exchange, found);
  }

  async #send(exchange: Exchange, found: Found): Promise<void> {
    const { request, response } = exchange;
    if (found.kind === 'template') return this.#sendPage(exchange, found.name);
    if (found.kind === 'file') return this.#files.send(request, response, found.path, found.stats);
    const [, query = ''] = /(\?.*)$/.exec(request.url!) ?? [];
    reply(request, response, 301, { Location: encodeURI(`${exchange.path}/`) + query }, Buffer.alloc(0));
  }

  /** A visit is a page that was made for somebody: counted before it is made, as it shows the number. */
  async #sendPage(exchange: Exchange, name: string): Promise<void> {
    const isVisit = exchange.request.method === 'GET' && !UNCOUNTED.has(name);
    const number = isVisit ? await this.#visitors.next() : this.#visitors.count;
    const page = await this.#render(exchange, name, number);
    if (isVisit) exchange.visitor = number;
    await this.#sendHtml(exchange, 200, page);
  }

  async #render(exchange: Exchange, name: string, number: number): Promise<string> {
    const values = templateValues(exchange.request, exchange.path, number, this.#status());
    try {
      return await this.#templates.render(name, values);
    } catch (error) {
      throw new TemplateError(name, error as Error);
    }
  }

  async #sendHtml({ request, response }: Exchange, status: number, page: string): Promise<void> {
    const encoding = bestEncoding(request.headers['accept-encoding']);
    const { headers, body } = await encode(Buffer.from(page), encoding);
    reply(request, response, status, { 'Content-Type': HTML, ...headers }, body);
  }

  /** The site's own page for `status`, where it has one. */
  async #sendErrorPage(exchange: Exchange, status: 404 | 500): Promise<void> {
    const { request, response } = exchange;
    const name = String(status);
    if (!(await this.#site.hasTemplate(name))) {
      return replyText(request, response, status, status === 404 ? 'Not found' : 'Something went wrong');
    }
    await this.#sendHtml(exchange, status, await this.#render(exchange, name, this.#visitors.count));
  }

  async #fail(exchange: Exchange, error: NodeJS.ErrnoException): Promise<void> {
    const { request, response } = exchange;
    // The client went away: that is its right, and the log line of the request tells it.
    if (response.destroyed || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    this.#logFailure(exchange, error);
    if (response.headersSent) return void request.socket.destroy();
    try {
      await this.#sendErrorPage(exchange, 500);
    } catch (another) {
      this.#logFailure(exchange, another as Error);
      replyText(request, response, 500, 'Something went wrong');
    }
  }

  #logFailure({ path }: Exchange, error: Error): void {
    if (error instanceof TemplateError) {
      const template = `${error.template}.eta`;
      this.#log?.error({ path, template, reason: error.message }, `template ${template} failed`);
    } else {
      this.#log?.error({ path, reason: error.message }, 'request failed');
    }
  }

  #logWhenDone(exchange: Exchange): void {
    const { request, response } = exchange;
    const began = performance.now();
    const address = addressOf(request);
    response.once('close', () => {
      const ms = Math.round(performance.now() - began);
      this.#log?.info(
        {
          visitor: exchange.visitor,
          address,
          method: request.method,
          path: request.url!.slice(0, LOGGED_LENGTH),
          status: response.statusCode,
          bytes: this.#bytesOf(request),
          ms,
          ...(!response.writableFinished && { aborted: true }),
        },
        'request',
      );
    });
  }

  /** Bytes of the response that is done, head included: what its connection has written since the one before. */
  #bytesOf({ socket }: IncomingMessage): number {
    const written = socket.bytesWritten ?? 0;
    const bytes = written - (this.#written.get(socket) ?? 0);
    this.#written.set(socket, written);
    return bytes;
  }
}

function refuseMethod(request: IncomingMessage, response: ServerResponse): void {
  // A body that nobody wants need not be waited for.
  if (request.headers['content-length'] ?? request.headers['transfer-encoding']) {
    response.setHeader('Connection', 'close');
  }
  replyText(request, response, 405, 'Method not allowed', { Allow: 'GET, HEAD' });
}

function replyText(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(`${text}\n`);
  reply(request, response, status, { 'Content-Type': 'text/plain', ...headers }, body);
}

function ownStatus(): ServerStatus {
  return { uptime: process.uptime(), address: 'unknown', baud: 0, mtu: 0, counters: {}, connections: [] };
}

/** A template threw, or could not be compiled. */
class TemplateError extends Error {
  readonly template: string;

  constructor(template: string, cause: Error) {
    super(cause.message, { cause });
    this.template = template;
  }
}
