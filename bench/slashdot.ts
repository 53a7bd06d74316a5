import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { seededRandom } from '../src/line/random.ts';
import { connect } from '../src/node/connect.ts';
import type { TcpSocket } from '../src/node/socket.ts';
import { createPageServer } from '../src/web/page-server.ts';
import { LINE_RATE, Pair, SERVER } from './pair.ts';
import { quantile, type Result } from './result.ts';

const BUILT_IN_SITE = fileURLToPath(new URL('../site', import.meta.url));
/** Who came to phpstack within an hour, once it had been on Slashdot's front page. */
const VISITORS = 13_157;
const HOUR = 3_600_000;
/** The objects beside the front page: three pictures of so many bytes. */
const PICTURES = ['a.gif', 'b.gif', 'c.gif'];
const PICTURE = 300;
/** For how long visitors wait, ms. */
const PATIENCE = 20_000;
const HEADERS = `Host: ${SERVER}\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n`;

/**
 * The Slashdotting of phpstack: each visitor takes the built-in front page and then its pictures, one after the other
 * over one connection, as a browser does, and checks every byte. All in virtual time, through the page server.
 */
export async function slashdot(): Promise<Result[]> {
  const site = makeSite();
  const pair = new Pair({ framing: 'slip', listener: createPageServer({ site: site.folder }) });
  try {
    const visits = await visitAll(pair, site.bodies);
    const served = visits.filter(({ outcome }) => outcome === 'served');
    const numbers = new Set(served.map(({ number }) => number));
    const times = served.map(({ ms }) => ms);
    const fromServer = pair.line.a.counters['bytes-received'];
    const toServer = pair.line.b.counters['bytes-received'];
    const utilisation = (1000 * fromServer) / LINE_RATE / pair.clock.now();
    const count = (outcome: Outcome) => visits.filter((visit) => visit.outcome === outcome).length;
    return [
      {
        what: `of ${VISITORS} visitors in an hour, served`,
        value: served.length,
        unit: '',
        beside: undefined,
        goal: { relation: '=', value: VISITORS },
        line: { fromServer, toServer, utilisation },
      },
      none('refused', count('refused')),
      none('failed, or gave up after 20 s', count('failed')),
      {
        what: 'visitor numbers that were shown',
        value: numbers.size,
        unit: '',
        beside: undefined,
        goal: { relation: '=', value: VISITORS },
      },
      { what: 'four objects, median', value: quantile(times, 0.5), unit: 'ms', beside: undefined },
      { what: 'four objects, 99th percentile', value: quantile(times, 0.99), unit: 'ms', beside: undefined },
      { what: 'four objects, at most', value: Math.max(...times), unit: 'ms', beside: undefined },
    ];
  } finally {
    rmSync(site.folder, { recursive: true });
  }
}

function none(what: string, value: number): Result {
  return { what, value, unit: '', beside: undefined, goal: { relation: '=', value: 0 } };
}

interface Site {
  folder: string;
  /** What is to come, by path. */
  bodies: Map<string, Buffer>;
}

function makeSite(): Site {
  const folder = mkdtempSync(join(tmpdir(), 'slashdot-'));
  cpSync(BUILT_IN_SITE, folder, { recursive: true });
  const random = seededRandom(1);
  const bodies = new Map<string, Buffer>();
  for (const name of PICTURES) {
    const body = Buffer.from(Array.from({ length: PICTURE }, () => random() * 256));
    writeFileSync(join(folder, name), body);
    bodies.set(`/${name}`, body);
  }
  return { folder, bodies };
}

async function visitAll(pair: Pair, bodies: Map<string, Buffer>): Promise<Visit[]> {
  const random = seededRandom(1);
  const visits: Visit[] = [];
  for (let i = 0; i < VISITORS; i++) {
    pair.clock.setTimeout(() => visits.push(new Visit(pair, bodies)), random() * HOUR);
  }
  const isDone = () => visits.length === VISITORS && visits.every(({ outcome }) => outcome !== 'under way');
  await pair.runUntil(isDone, HOUR + 2 * PATIENCE);
  return visits;
}

type Outcome = 'under way' | 'served' | 'refused' | 'failed';

class Visit {
  outcome: Outcome = 'under way';
  /** The visitor number that was shown. */
  number: string | undefined;
  /** How long it took. */
  ms = 0;
  readonly #pair: Pair;
  readonly #startedAt: number;
  readonly #bodies: Map<string, Buffer>;
  readonly #socket: TcpSocket;
  readonly #paths = ['/', ...PICTURES.map((name) => `/${name}`)];
  readonly #timer: unknown;
  #heard = Buffer.alloc(0);

  constructor(pair: Pair, bodies: Map<string, Buffer>) {
    this.#pair = pair;
    this.#bodies = bodies;
    this.#startedAt = pair.clock.now();
    this.#timer = pair.clock.setTimeout(() => this.#end('failed'), PATIENCE);
    this.#socket = connect(pair.client, { address: SERVER, port: 80 });
    this.#socket.on('data', (chunk: Buffer) => this.#hears(chunk));
    this.#socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      this.#end(code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    );
    this.#socket.on('close', () => this.#end('failed'));
    this.#ask();
  }

  #ask(): void {
    this.#socket.write(`GET ${this.#paths[0]} HTTP/1.1\r\n${HEADERS}\r\n`);
  }

  #hears(chunk: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, chunk]);
    const bodyAt = this.#heard.indexOf('\r\n\r\n') + 4;
    if (bodyAt < 4) return;
    const head = this.#heard.toString('latin1', 0, bodyAt);
    const end = bodyAt + Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (this.#heard.length < end) return;
    const body = this.#heard.subarray(bodyAt, end);
    this.#heard = this.#heard.subarray(end);
    if (!this.#isRight(head, body)) return this.#end('failed');
    this.#paths.shift();
    if (this.#paths.length > 0) this.#ask();
    else this.#end('served');
  }

  #isRight(head: string, body: Buffer): boolean {
    if (!head.startsWith('HTTP/1.1 200 ')) return false;
    const expected = this.#bodies.get(this.#paths[0]!);
    if (expected) return body.equals(expected);
    this.number = /<b>(\d+)<\/b>/.exec(gunzipSync(body).toString())?.[1];
    return this.number !== undefined;
  }

  #end(outcome: Outcome): void {
    if (this.outcome !== 'under way') return;
    this.outcome = outcome;
    this.ms = this.#pair.clock.now() - this.#startedAt;
    this.#pair.clock.clearTimeout(this.#timer);
    this.#socket.end();
  }
}
