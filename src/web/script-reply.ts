import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bestEncoding, createEncoder, type Encoding } from './encoding.ts';
import type { Exchange } from './exchange.ts';
import { OutOfPatience, within } from './patience.ts';
import { encode, ofLength, reply, VARY } from './reply.ts';
import type { ScriptAnswer } from './script-answer.ts';
import { ScriptError } from './script-error.ts';
import { TEXT } from './static-files.ts';

/** An answer that is whole by then leaves with its length, and its head, body and FIN in one segment: bytes and ms. */
const HELD_SIZE = 65_536;
const HELD_TIME = 200;
/** A script that pauses for so long has its encoded text sent as far as it goes, in ms. */
const PAUSE = 50;

type Chunks = AsyncGenerator<Buffer, void, undefined>;

/**
 * Sends what a script answers: at once where it is short and ready, else as it comes. `beforePage` is
 * awaited where it is an HTML page.
 *
 * @throws {ScriptError} when the script fails, before anything was sent or in the midst of it
 */
export async function sendAnswer(
  exchange: Exchange,
  answer: ScriptAnswer,
  beforePage: () => Promise<unknown>,
): Promise<void> {
  const { request, response } = exchange;
  const { script, status, headers, body } = answer;
  if (status === 200 && typeOf(headers) === 'text/html') await beforePage();
  if (request.method === 'HEAD') {
    await drain(body);
    return void response.writeHead(status, headers).end();
  }
  if (status === 204 || status === 304) {
    await drain(body);
    return void response.writeHead(status, withEncoding(headers, {})).end();
  }
  const isText = mayEncode(headers);
  const encoding = isText ? bestEncoding(request.headers['accept-encoding']) : undefined;
  const { held, isWhole, rest } = await hold(body);
  if (!isWhole) return stream(exchange, answer, rest, encoding);
  if (status >= 500 && held.length === 0)
    throw new ScriptError(script, 500, `it answers with ${status} and no page`);
  const encoded = isText ? await encode(held, encoding) : { headers: {}, body: held };
  reply(request, response, status, withEncoding(headers, encoded.headers), encoded.body);
}

/** Runs a script to its end for what it does, not for what it says. */
export async function drain(body: Chunks): Promise<void> {
  for await (const _ of body);
}

/** Reads as much as may be held back. */
async function hold(body: Chunks): Promise<{ held: Buffer; isWhole: boolean; rest: Chunks }> {
  const chunks: Buffer[] = [];
  const deadline = performance.now() + HELD_TIME;
  let [length, isWhole] = [0, false];
  let next = body.next();
  try {
    while (!isWhole && length <= HELD_SIZE) {
      const { done, value } = await within(Math.max(0, deadline - performance.now()), next);
      isWhole = done === true;
      if (!value) continue;
      chunks.push(value);
      length += value.length;
      next = body.next();
    }
  } catch (error) {
    if (!(error instanceof OutOfPatience)) throw error;
  }
  // It may fail when nobody waits for it any more.
  next.catch(() => {});
  const held = Buffer.concat(chunks);
  return { held, isWhole, rest: continued(held, next, body) };
}

async function* continued(held: Buffer, next: ReturnType<Chunks['next']>, body: Chunks): Chunks {
  try {
    if (held.length > 0) yield held;
    const { value } = await next;
    if (value) yield value;
    yield* body;
  } finally {
    await body.return();
  }
}

async function stream(
  { response }: Exchange,
  { script, status, headers }: ScriptAnswer,
  rest: Chunks,
  encoding: Encoding | undefined,
): Promise<void> {
  if (encoding) {
    const encoder = createEncoder(encoding);
    const encodingHeaders = { 'Content-Encoding': encoding, ...VARY };
    response.writeHead(status, withEncoding(headers, encodingHeaders)).flushHeaders();
    return pipeline(flushedAtPauses(rest, encoder), encoder, response);
  }
  const varies = mayEncode(headers) && headerOf(headers, 'vary') === undefined;
  response.writeHead(status, varies ? { ...headers, ...VARY } : headers).flushHeaders();
  const length = headerOf(headers, 'content-length');
  if (length === undefined) return pipeline(rest, response);
  const misjudged = (left: number) => {
    const difference =
      left < 0 ? `more than its Content-Length ${length}` : `${left} bytes less than its Content-Length`;
    return new ScriptError(script, 500, `it puts out ${difference}`);
  };
  return pipeline(ofLength(Number(length), rest, misjudged), response);
}

async function* flushedAtPauses(chunks: Chunks, encoder: Transform & { flush(): void }): Chunks {
  let timer: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of chunks) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(() => encoder.destroyed || encoder.flush(), PAUSE);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the script leaves it to the server how its text is sent. */
function mayEncode(headers: OutgoingHttpHeaders): boolean {
  if (!TEXT.test(typeOf(headers))) return false;
  if (headerOf(headers, 'content-encoding') ?? headerOf(headers, 'content-range')) return false;
  return !/\bno-transform\b/i.test(String(headerOf(headers, 'cache-control')));
}

/** Another encoding is another representation: no more of the script's length, and a strong ETag becomes a weak one. */
function withEncoding(headers: OutgoingHttpHeaders, added: OutgoingHttpHeaders): OutgoingHttpHeaders {
  const changed: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (key === 'content-length') continue;
    if (key === 'vary' && added.Vary) added = { ...added, Vary: `${value}, ${added.Vary}` };
    else if (key === 'etag' && added['Content-Encoding']) changed[name] = String(value).replace(/^"/, 'W/"');
    else changed[name] = value;
  }
  return { ...changed, ...added };
}

/** In lower case, without parameters. */
function typeOf(headers: OutgoingHttpHeaders): string {
  const type = String(headerOf(headers, 'content-type') ?? '');
  return type.split(';')[0]!.trim().toLowerCase();
}

function headerOf(headers: OutgoingHttpHeaders, wanted: string): OutgoingHttpHeader | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
