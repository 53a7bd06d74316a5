import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PACKAGE } from '../package.ts';
import { Chronicle } from './chronicle.ts';
import { bestEncoding } from './encoding.ts';
import { type Answered, answeredUnasked, type Exchange, whenAnswered } from './exchange.ts';
import type { HttpListener } from './http-server.ts';
import type { Log } from './log.ts';
import { Pages, TemplateError } from './pages.ts';
import { encode, refuseMethod, reply, replyText, spareHeaders } from './reply.ts';
import type { Script } from './script.ts';
import { ScriptError } from './script-error.ts';
import { drain, sendAnswer } from './script-reply.ts';
import type { ScriptOptions, Scripts } from './scripts.ts';
import { type Found, pathOf } from './site.ts';
import { FileChanged, StaticFiles } from './static-files.ts';
import { type ServerStatus, type TemplateValues, templateValues } from './values.ts';
import { TransientVisitors, type Visitors } from './visitors.ts';

export interface PageServerOptions {
  /** The folder of pages; the built-in site if left out. */
  site?: string | undefined;
  /** Numbers the visitors; in memory only if left out. */
  visitors?: Visitors;
  /** What pages can tell the client of `socket` about the server; its uptime alone if left out. */
  status?: (socket: Duplex) => ServerStatus;
  /** How the site's scripts are run, and how far they may go. */
  scripts?: ScriptOptions;
  /** Told of each request, and of each template or script that fails. */
  log?: Log;
  /** Told of each request as well, with all that is known of it. */
  onAnswered?: (answered: Answered) => void;
  /** Whether logs and `onAnswered` are told the networks of visitors only: the last number of addresses is 0. */
  anonymize?: boolean;
}

/** A listener for `createHttpServer`, or for `http.createServer`. */
export interface PageListener extends HttpListener {
  /** Goes on with another folder of pages, or other ways to log; answers under way end as they began. @throws {SiteError} */
  reload(options: Pick<PageServerOptions, 'site' | 'anonymize'>): void;
  /** Ends the scripts that run; resolves when none is left. */
  close(): Promise<void>;
}

const BUILT_IN = fileURLToPath(new URL('site', PACKAGE));
const HTML = 'text/html;charset=utf-8';
/** The page for those who look after the server: looking at it, again and again, is no visit. */
const STATUS = 'status';
/** A script may name another page in its place (RFC 3875 §6.2.2), and that one another, so many times. */
const MOST_REDIRECTS = 5;

/**
 * Serves a folder of templates, scripts and files: a listener for `createHttpServer`, or for `http.createServer`.
 *
 * @throws {SiteError} when the folder cannot be read
 */
export function createPageServer(options: PageServerOptions = {}): PageListener {
  const server = new PageServer(options);
  return Object.assign(
    (request: IncomingMessage, response: ServerResponse) => void server.answer(request, response),
    {
      onRefused: (request: IncomingMessage, response: ServerResponse) =>
        void server.newVisit(request, response),
      onUnasked: (socket: Socket, status: number) => server.tellUnasked(socket, status),
      reload: (settings: PageServerOptions) => server.reload(settings),
      close: () => server.close(),
    },
  );
}

/** An exchange, and the site that it began with: another may be served before it is done. */
interface Visit extends Exchange {
  pages: Pages;
}

class PageServer {
  #pages: Pages;
  /** Of the built-in site, for the pages that a site does without. */
  readonly #builtIn: Pages;
  /** Of sites that were served before: some may still run. */
  readonly #formerScripts: Scripts[] = [];
  readonly #files = new StaticFiles();
  readonly #visitors: Visitors;
  readonly #status: (socket: Duplex) => ServerStatus;
  readonly #log: Log | undefined;
  readonly #chronicle: Chronicle;
  readonly #newPages: (folder: string) => Pages;

  constructor(options: PageServerOptions) {
    const { visitors = new TransientVisitors(), status = ownStatus, scripts = {}, log } = options;
    const { site, onAnswered = () => {}, anonymize = false } = options;
    this.#newPages = (folder) => new Pages(folder, scripts, log);
    this.#builtIn = this.#newPages(BUILT_IN);
    this.#pages = site === undefined ? this.#builtIn : this.#newPages(site);
    this.#chronicle = new Chronicle(log, onAnswered, anonymize);
    this.#visitors = visitors;
    this.#status = status;
    this.#log = log;
  }

  /** What becomes of it will be told. */
  newVisit(request: IncomingMessage, response: ServerResponse): Visit {
    const exchange: Visit = { request, response, path: '/', visitor: undefined, pages: this.#pages };
    whenAnswered(exchange, (answered) => this.#chronicle.tell(answered));
    return exchange;
  }

  tellUnasked(socket: Socket, status: number): void {
    this.#chronicle.tell(answeredUnasked(socket, status));
  }

  /** Never rejects: what goes wrong becomes a 500 page and a line in the log. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = this.newVisit(request, response);
    spareHeaders(request, response);
    try {
      await this.#route(exchange);
    } catch (error) {
      await this.#fail(exchange, error as NodeJS.ErrnoException);
    }
  }

  reload({ site, anonymize = false }: PageServerOptions): void {
    const pages = site === undefined ? this.#builtIn : this.#newPages(site);
    this.#chronicle.anonymize = anonymize;
    if (pages.site.root === this.#pages.site.root) return;
    this.#formerScripts.push(this.#pages.scripts);
    this.#pages = pages;
  }

  async close(): Promise<void> {
    await Promise.all([this.#pages.scripts, ...this.#formerScripts].map((scripts) => scripts.close()));
  }

  async #route(exchange: Visit, redirects = 0): Promise<void> {
    const { request, response } = exchange;
    const path = pathOf(request.url!);
    exchange.path = path ?? exchange.path;
    const found = path === undefined ? undefined : await exchange.pages.site.find(path);
    if (found?.kind === 'script') return this.#run(exchange, found.script, redirects);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(request, response);
    if (path === undefined) return replyText(request, response, 400, 'Bad request');
    if (found) return this.#send(exchange, found);
    if (path === `/${STATUS}`) return this.#sendPage(exchange, STATUS, this.#builtIn);
    return this.#sendErrorPage(exchange, 404);
  }

  async #run(exchange: Visit, script: Script, redirects: number): Promise<void> {
    let counted: Promise<number | undefined> | undefined;
    const visit = () => {
      counted ??= this.#count(exchange);
      return counted;
    };
    const values = this.#values(exchange, undefined, 200);
    const answer = await exchange.pages.scripts.run(exchange, script, values, visit);
    if (answer.localRedirect === undefined) return sendAnswer(exchange, answer, visit);
    await drain(answer.body);
    if (redirects === MOST_REDIRECTS) throw new ScriptError(script.name, 500, 'its redirects do not end');
    redirectLocally(exchange.request, answer.localRedirect);
    return this.#route(exchange, redirects + 1);
  }

  async #send(exchange: Visit, found: Exclude<Found, { kind: 'script' }>): Promise<void> {
    const { request, response } = exchange;
    if (found.kind === 'template') return this.#sendPage(exchange, found.name, exchange.pages);
    if (found.kind === 'file') {
      return this.#files.send(request, response, found, () => void this.#count(exchange));
    }
    const [, query = ''] = /(\?.*)$/.exec(request.url!) ?? [];
    const location = encodeURI(`${exchange.path}/`) + query;
    reply(request, response, 301, { Location: location }, Buffer.alloc(0));
  }

  /** The visitor is counted before the page is made, as it shows the number. HEAD tells what GET would. */
  async #sendPage(exchange: Exchange, name: string, pages: Pages): Promise<void> {
    const isCounted = name !== STATUS;
    const shown = isCounted ? await this.#count(exchange) : this.#visitors.count;
    await this.#sendHtml(exchange, 200, await pages.render(name, this.#values(exchange, shown, 200)));
  }

  /** A visit is a GET. For HEAD: the number that a visitor would be given now. */
  async #count(exchange: Exchange): Promise<number | undefined> {
    const { method } = exchange.request;
    if (method !== 'GET') return method === 'HEAD' ? this.#visitors.count + 1 : undefined;
    exchange.visitor = await this.#visitors.next(exchange.path);
    return exchange.visitor;
  }

  #values({ request, path }: Exchange, number: number | undefined, status: number): TemplateValues {
    const server = this.#status(request.socket);
    return templateValues(request, path, number, this.#visitors.tally, server, status);
  }

  async #sendHtml({ request, response }: Exchange, status: number, page: Buffer): Promise<void> {
    const { headers, body } = await encode(page, bestEncoding(request.headers['accept-encoding']));
    reply(request, response, status, { 'Content-Type': HTML, ...headers }, body);
  }

  /** The site's own page for `status`, or the built-in one. */
  async #sendErrorPage(exchange: Visit, status: number): Promise<void> {
    const name = status === 404 ? '404' : '500';
    const pages = (await exchange.pages.site.hasTemplate(name)) ? exchange.pages : this.#builtIn;
    const values = this.#values(exchange, this.#visitors.count, status);
    await this.#sendHtml(exchange, status, await pages.render(name, values));
  }

  async #fail(exchange: Visit, error: NodeJS.ErrnoException): Promise<void> {
    const { request, response } = exchange;
    // The client went away: that is its right, and the request's own line in the log tells it.
    const hasGone =
      request.socket.destroyed || response.destroyed || error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (hasGone && !(error instanceof ScriptError || error instanceof FileChanged)) return;
    this.#logFailure(exchange, error);
    exchange.visitor = undefined;
    if (response.headersSent) return void request.socket.destroy();
    if (!request.complete) response.setHeader('Connection', 'close');
    const { status, reply } = error instanceof ScriptError ? error : { status: 500 };
    if (reply) return replyText(request, response, status, reply.text, reply.headers);
    try {
      await this.#sendErrorPage(exchange, status);
    } catch (another) {
      this.#logFailure(exchange, another as Error);
      replyText(request, response, 500, 'Something went wrong');
    }
  }

  #logFailure({ path }: Exchange, error: Error): void {
    if (error instanceof TemplateError) {
      const template = `${error.template}.eta`;
      this.#log?.error({ path, template, reason: error.message }, `template ${template} failed`);
    } else if (error instanceof ScriptError) {
      const { script, message: reason } = error;
      this.#log?.error({ path, script, reason }, `script ${script} failed`);
    } else {
      this.#log?.error({ path, reason: error.message }, 'request failed');
    }
  }
}

/** The request as if its client had asked for `target`. */
function redirectLocally(request: IncomingMessage, target: string): void {
  if (request.method !== 'HEAD') request.method = 'GET';
  request.url = target;
  for (const name of ['content-length', 'content-type', 'transfer-encoding']) delete request.headers[name];
}

function ownStatus(): ServerStatus {
  return {
    uptime: process.uptime(),
    address: 'unknown',
    baud: 0,
    mtu: 0,
    version: '',
    counters: {},
    connections: [],
  };
}
