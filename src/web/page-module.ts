import {
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { pathToFileURL } from 'node:url';
import { eachWithin, OutOfPatience, within } from './patience.ts';
import type { Script } from './script.ts';
import { isPassedOn, type ScriptAnswer } from './script-answer.ts';
import { ScriptError } from './script-error.ts';
import type { TemplateValues } from './values.ts';

/** What a page module exports as `default`. */
export type Page = (request: PageRequest) => PageAnswer | Promise<PageAnswer>;

/** What a page module is told of the request. */
export interface PageRequest {
  method: string;
  /** Decoded, without the query. */
  path: string;
  /** The first value of each name. */
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  /** Of the client, a dotted quad. */
  address: string;
  /** The request's body, in chunks as it comes. */
  body: AsyncIterable<Buffer>;
  /** All of the body, as UTF-8. */
  text(): Promise<string>;
  /**
   * Counts this visitor, once, and tells the number; undefined where there is none to be shown. A page
   * that never asks is counted if it turns out to be one.
   */
  visitor(): Promise<number | undefined>;
  server: TemplateValues['server'];
  /** Aborts when the client has gone or the page took too long. */
  signal: AbortSignal;
}

/** What a page module answers: a body alone (HTML, status 200), or with status and headers. A `Response` will do. */
export type PageAnswer = PageBody | PageResponse;

export type PageBody = string | Uint8Array | AsyncIterable<string | Uint8Array>;

export interface PageResponse {
  /** Default 200. */
  status?: number;
  /** Default: `Content-Type: text/html;charset=utf-8`. */
  headers?: Headers | Record<string, string | string[]>;
  body?: PageBody | null;
}

interface Client {
  gone: AbortSignal;
  isSending: () => boolean;
}

const HTML = 'text/html;charset=utf-8';

/** The page modules of a site: imported once, and again when their file changes. */
export class PageModules {
  readonly #silence: number;
  readonly #loaded = new Map<string, { version: string; page: Promise<Page> }>();

  /** @param silence how long a page may take to answer, and between two chunks of its body, in ms */
  constructor(silence: number) {
    this.#silence = silence;
  }

  /**
   * @param client `gone` aborts when it has gone; while its body is still to come, the page may wait
   * @throws {ScriptError} when the module cannot be imported, throws, or answers with what is no answer
   */
  async run(script: Script, request: Omit<PageRequest, 'signal'>, client: Client): Promise<ScriptAnswer> {
    const { gone } = client;
    const over = new AbortController();
    const abort = () => over.abort();
    gone.addEventListener('abort', abort);
    const finish = () => {
      gone.removeEventListener('abort', abort);
      abort();
    };
    try {
      const asked = askPage(this.#load(script), { ...request, signal: over.signal });
      const answer = await within(this.#silence, asked, client.isSending);
      const { status = 200, headers, body } = responseOf(answer);
      const head = { status: checkedStatus(status), headers: checkedHeaders(headers) };
      return { script: script.name, ...head, body: this.#chunksOf(body ?? '', script, client, finish) };
    } catch (error) {
      finish();
      throw gone.aborted ? error : this.#failure(script, error as Error);
    }
  }

  #load({ path, stats }: Script): Promise<Page> {
    const version = `${stats.mtimeMs}-${stats.size}`;
    const loaded = this.#loaded.get(path);
    if (loaded?.version === version) return loaded.page;
    const page = importPage(`${pathToFileURL(path)}?${version}`);
    this.#loaded.set(path, { version, page });
    return page;
  }

  async *#chunksOf(
    body: PageBody,
    script: Script,
    { gone, isSending }: Client,
    finish: () => void,
  ): ScriptAnswer['body'] {
    try {
      const chunks = typeof body === 'string' || body instanceof Uint8Array ? once(body) : body;
      for await (const chunk of eachWithin(this.#silence, chunks, isSending))
        yield Buffer.from(chunk as string);
    } catch (error) {
      throw gone.aborted ? error : this.#failure(script, error as Error);
    } finally {
      finish();
    }
  }

  #failure({ name }: Script, error: Error): ScriptError {
    if (error instanceof OutOfPatience) return ScriptError.silent(name, this.#silence);
    return new ScriptError(name, 500, `${error?.message ?? error}${placeOf(error)}`);
  }
}

async function importPage(url: string): Promise<Page> {
  const { default: page } = await import(url);
  if (typeof page !== 'function') throw new TypeError('its default export is not a function');
  return page;
}

async function askPage(loading: Promise<Page>, request: PageRequest): Promise<PageAnswer> {
  const page = await loading;
  return page(request);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function responseOf(answer: PageAnswer): PageResponse {
  if (typeof answer === 'string' || answer instanceof Uint8Array) return { body: answer };
  if (typeof answer !== 'object' || answer === null) throw new TypeError(`it answers with ${answer}`);
  return Symbol.asyncIterator in answer ? { body: answer } : answer;
}

function checkedStatus(status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new RangeError(`it answers with the status ${status}`);
}

/** @throws where a name or a value cannot be sent */
function checkedHeaders(headers: PageResponse['headers'] = {}): OutgoingHttpHeaders {
  const checked: OutgoingHttpHeaders = {};
  const entries = headers instanceof Headers ? fieldsOf(headers) : Object.entries(headers);
  for (const [name, value] of entries) {
    validateHeaderName(name);
    for (const each of [value].flat()) validateHeaderValue(name, each);
    if (isPassedOn(name)) checked[name] = value;
  }
  const hasType = Object.keys(checked).some((name) => name.toLowerCase() === 'content-type');
  return hasType ? checked : { 'Content-Type': HTML, ...checked };
}

/** Cookies are the one field that comes several times. */
function fieldsOf(headers: Headers): [name: string, value: string | string[]][] {
  const cookies = headers.getSetCookie();
  const others = [...headers].filter(([name]) => name !== 'set-cookie');
  return cookies.length > 0 ? [...others, ['set-cookie', cookies]] : others;
}

/** The first line of the stack; of a syntax error the line of the module that has it. */
function placeOf(error: Error): string {
  const line = error?.stack?.split('\n').find((text) => /^\s+at (?!.*node:)|^file:.*:\d+$/.test(text));
  return line === undefined ? '' : ` (${line.trim()})`;
}
