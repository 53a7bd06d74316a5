import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Cgi } from './cgi.ts';
import type { Exchange } from './exchange.ts';
import type { Log } from './log.ts';
import { PageModules, type PageRequest } from './page-module.ts';
import type { Script } from './script.ts';
import type { ScriptAnswer } from './script-answer.ts';
import { SCRIPT_LIMITS, type ScriptLimits } from './script-limits.ts';
import type { TemplateValues } from './values.ts';

export interface ScriptOptions extends Partial<ScriptLimits> {
  /** The CGI program that runs `*.php`: a name or an absolute path. Default `php-cgi`. */
  php?: string;
}

/** Counts the visitor, once; undefined where there is no number to be shown. */
export type Visit = () => Promise<number | undefined>;

/** The programs of a site. */
export class Scripts {
  readonly #root: string;
  readonly #cgi: Cgi;
  readonly #modules: PageModules;

  /** @param root the site's, absolute */
  constructor(root: string, { php = 'php-cgi', ...given }: ScriptOptions, log: Log | undefined) {
    const limits = { ...SCRIPT_LIMITS, ...given };
    this.#root = root;
    this.#cgi = new Cgi(php, limits, log);
    this.#modules = new PageModules(limits.silence);
  }

  /**
   * Runs `script` for the exchange, until its answer's body can be read.
   *
   * @param values as templates get them
   * @throws {ScriptError} where there is no answer
   */
  async run(exchange: Exchange, script: Script, values: TemplateValues, visit: Visit): Promise<ScriptAnswer> {
    const { request } = exchange;
    const gone = goneSignal(request.socket);
    if (script.kind === 'module') {
      const client = { gone, isSending: () => !request.complete };
      return this.#modules.run(script, pageRequest(request, values, visit), client);
    }
    const visitor = asksForPage(request) ? await visit() : undefined;
    const { version } = values.server;
    return this.#cgi.run({ request, script, root: this.#root, visitor, version }, gone);
  }

  close(): Promise<void> {
    return this.#cgi.close();
  }
}

/** One for each connection; a response that waits behind another is not told itself that its client has gone. */
const signals = new WeakMap<Socket, AbortSignal>();

function goneSignal(socket: Socket): AbortSignal {
  const known = signals.get(socket);
  if (known) return known;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  if (socket.destroyed) controller.abort();
  // At a FIN, node:http ends the connection too, but may take its time to close it.
  for (const event of ['end', 'close']) socket.once(event, () => controller.abort());
  signals.set(socket, controller.signal);
  return controller.signal;
}

/** A browser that opens a page names HTML; one that wants an image or data does not. */
function asksForPage(request: IncomingMessage): boolean {
  return /\btext\/html\b/i.test(request.headers.accept ?? '');
}

function pageRequest(
  request: IncomingMessage,
  { request: asked, visitor, server }: TemplateValues,
  visit: Visit,
): Omit<PageRequest, 'signal'> {
  return {
    ...asked,
    address: visitor.address,
    // A page may leave off reading; that must not cost the client its connection.
    body: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
    text: () => textOf(request),
    visitor: visit,
    server,
  };
}

async function textOf(body: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
