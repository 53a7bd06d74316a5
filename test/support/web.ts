import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after } from 'node:test';
import { pino } from 'pino';
import { createHttpServer, type HttpLimits } from '../../src/web/http-server.ts';
import { createPageServer, type PageListener } from '../../src/web/page-server.ts';
import type { ScriptOptions } from '../../src/web/scripts.ts';
import type { ServerStatus } from '../../src/web/values.ts';
import { type OpenVisitors, openVisitors } from '../../src/web/visitors.ts';
import { streamPair } from './stream-pair.ts';

export const STATUS: ServerStatus = {
  uptime: 3725,
  address: '192.168.7.2',
  baud: 115_200,
  mtu: 1500,
  version: '1.2.3',
  counters: { datagramsIn: 12, 'tcp-checksum': 0 },
  connections: [],
};

/** A folder that is removed at the end of the tests, with the files given by their paths. */
export function folder(files: Record<string, string | Buffer> = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'phpstack-test-'));
  after(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** All of the response, as it was sent. */
  bytes: number;
}

/** A page server over streams in memory, with what it logged. */
export class Web {
  readonly log: Record<string, unknown>[] = [];
  readonly #server: Server;
  readonly pages: PageListener;
  readonly visitors: OpenVisitors;

  private constructor(
    server: Server,
    pages: PageListener,
    visitors: OpenVisitors,
    log: Record<string, unknown>[],
  ) {
    this.#server = server;
    this.pages = pages;
    this.visitors = visitors;
    this.log = log;
  }

  static async open(
    options: {
      site?: string;
      state?: string;
      limits?: Partial<HttpLimits>;
      status?: Partial<ServerStatus>;
      scripts?: ScriptOptions;
    } = {},
  ): Promise<Web> {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const visitors = await openVisitors(options.state ?? folder(), log);
    const { site, scripts = {} } = options;
    const status = () => ({ ...STATUS, ...options.status });
    const pages = createPageServer({ site, visitors, status, scripts, log });
    const server = createHttpServer(pages, options.limits);
    after(async () => {
      server.close();
      await pages.close();
      await visitors.close();
    });
    return new Web(server, pages, visitors, lines);
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('GET', path, headers);
  }

  async request(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: string | Buffer = '',
  ): Promise<Answer> {
    const lines = Object.entries({ Host: 'line', Connection: 'close', ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return parse(await this.raw(`${method} ${path} HTTP/1.1\r\n${head}\r\n`, body));
  }

  post(path: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('POST', path, { 'Content-Length': String(body.length), ...headers }, body);
  }

  /** A new connection: the client's end, and the server's. */
  connect(): [near: Duplex, far: Duplex] {
    const [near, far] = streamPair();
    let timer: NodeJS.Timeout | undefined;
    const setIdleTimeout = (ms: number) => {
      clearTimeout(timer);
      timer = ms > 0 ? setTimeout(() => far.emit('timeout'), ms).unref() : undefined;
      return far;
    };
    const socket = {
      remoteAddress: '192.168.7.1',
      remotePort: 40_000,
      setTimeout: setIdleTimeout,
    };
    this.#server.emit('connection', Object.assign(far, socket));
    return [near, far];
  }

  /** Sends bytes as they are; resolves to all that comes back once the server has ended. */
  async raw(text: string, body: string | Buffer = ''): Promise<Buffer> {
    const [near] = this.connect();
    near.write(text);
    if (body.length > 0) near.write(body);
    // Node's own timers for unfinished requests do not keep a process alive.
    const alive = setInterval(() => {}, 60_000);
    const chunks: Buffer[] = [];
    for await (const chunk of near) chunks.push(chunk);
    clearInterval(alive);
    return Buffer.concat(chunks);
  }
}

export function parse(response: Buffer): Answer {
  const end = response.indexOf('\r\n\r\n');
  const [line, ...lines] = response.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((text) => [text.slice(0, text.indexOf(':')).toLowerCase(), text.slice(text.indexOf(':') + 2)]),
  );
  return {
    status: Number(line!.split(' ')[1]),
    headers,
    body: response.subarray(end + 4),
    bytes: response.length,
  };
}

/** The content of a body that may have come in chunks, as far as it goes. */
export function dechunk({ headers, body }: Answer): Buffer {
  if (headers['transfer-encoding'] !== 'chunked') return body;
  const chunks: Buffer[] = [];
  let rest = body;
  for (;;) {
    const [line, size] = /^([\da-f]+)\r\n/i.exec(rest.toString('latin1', 0, 12)) ?? [];
    if (line === undefined) return Buffer.concat(chunks);
    const end = line.length + Number.parseInt(size!, 16);
    chunks.push(rest.subarray(line.length, end));
    rest = rest.subarray(end + 2);
  }
}

/** Lets the event loop turn until `condition` holds. @throws {Error} when it never does */
export async function turnsUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A copy of the built-in site, to be changed. */
export function builtInSite(): string {
  const root = folder();
  cpSync(new URL('../../site', import.meta.url), root, { recursive: true });
  return root;
}
