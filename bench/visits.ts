import { version } from '../src/daemon.ts';
import { createPageServer } from '../src/web/page-server.ts';
import { LINE_RATE, Pair, SERVER } from './pair.ts';
import type { Result } from './result.ts';

/** What Chromium sends with a first visit, apart from what any request has. */
const browser = (acceptEncoding: string) =>
  [
    'Upgrade-Insecure-Requests: 1',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    `Accept-Encoding: ${acceptEncoding}`,
    'Accept-Language: en-GB,en;q=0.9',
  ]
    .map((line) => `${line}\r\n`)
    .join('');

/** Browsers take brotli from trustworthy origins only, which a plain one at 192.168.7.2 is not. */
const GZIP = browser('gzip, deflate');
const BROTLI = browser('gzip, deflate, br, zstd');

/** How often the clock stops for what is in the making, in ms. */
const STEP = 1;
const CLIENTS = 8;
const VISITS = 200;

/** Visits to the front page, a fresh connection each. */
export async function visits(): Promise<Result[]> {
  const gzip = await oneVisit(GZIP);
  const brotli = await oneVisit(BROTLI);
  const plain = await oneVisit('');
  return [
    {
      what: 'datagrams from the server to a visit',
      value: gzip.datagrams.length,
      unit: '',
      beside: { name: 'the fewest', value: 3 },
      goal: { relation: '=', value: 3 },
    },
    response('gzip', gzip, 600),
    response('brotli', brotli, 600),
    response('not encoded', plain, 1460),
    {
      what: `visits by ${CLIENTS} clients, gzip`,
      value: await visitsPerSecond(),
      unit: '/s',
      beside: { name: 'the limit', value: LINE_RATE / gzip.onTheLine },
      goal: { relation: '≥', value: 15 },
    },
  ];
}

interface Visit {
  /** Bytes of each datagram from the server, in turn. */
  datagrams: number[];
  /** Bytes of the HTTP response, head and all. */
  response: number;
  /** Bytes that the line carried from the server, framing included. */
  onTheLine: number;
}

function response(encoding: string, { datagrams, response }: Visit, most: number): Result {
  return {
    what: `front page, ${encoding} (${datagrams.join(' + ')} B)`,
    value: response,
    unit: 'B',
    beside: { name: 'a segment', value: 1460 },
    goal: { relation: '≤', value: most },
  };
}

async function oneVisit(headers: string): Promise<Visit> {
  const pair = new Pair({ framing: 'slip', listener: pages() });
  const datagrams: number[] = [];
  const receive = pair.line.a.onDatagram;
  pair.line.a.onDatagram = (datagram) => {
    datagrams.push(datagram.length);
    receive(datagram);
  };
  const { socket } = pair.get('/', headers);
  await pair.runUntil(() => socket.state === 'TIME-WAIT' || socket.state === 'CLOSED', 10_000, STEP);
  await pair.clock.advanceWithTurns(1000);
  return { datagrams, response: socket.bytesRead, onTheLine: pair.line.b.counters['bytes-sent'] };
}

/** Each client comes again as soon as it has its page. */
async function visitsPerSecond(): Promise<number> {
  const pair = new Pair({ framing: 'slip', listener: pages() });
  let served = 0;
  const visit = () => {
    const { socket } = pair.get('/', GZIP);
    socket.once('end', () => {
      served++;
      visit();
    });
  };
  for (let client = 0; client < CLIENTS; client++) visit();
  await pair.runUntil(() => served >= VISITS, 60_000, STEP);
  return (1000 * served) / pair.clock.now();
}

/** What a daemon serves that has been up for a day or two. */
const pages = () =>
  createPageServer({
    status: () => ({
      uptime: 100_000,
      address: SERVER,
      baud: 115_200,
      mtu: 1500,
      version,
      counters: {},
      connections: [],
    }),
  });
