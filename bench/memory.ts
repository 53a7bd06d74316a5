import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Stack } from '../src/ip/stack.ts';
import { listen } from '../src/node/listen.ts';
import { collectGarbage } from '../test/support/garbage.ts';
import { SERVER } from './pair.ts';
import { PAGE, Peers } from './peers.ts';
import type { Result } from './result.ts';

const MILLION = 1_000_000;
/** Visits that are timed beside the idle connections, and how many at once. */
const VISITS = 4000;
const AT_ONCE = 100;
const MEGABYTE = 2 ** 20;

/** A million connections that stay open, and then get their page each: what they weigh, and what others notice. */
export async function memory(): Promise<Result[]> {
  const stack = new Stack({ address: SERVER, maxConnections: 2 * MILLION });
  const http = createServer((_, response) => response.end(PAGE));
  listen(stack, 80, (socket) => http.emit('connection', socket), { deferAccept: true });
  const peers = new Peers(stack, MILLION + 5 * VISITS);
  // Warms up, too: the compiler takes its time.
  await visit(peers, MILLION, VISITS);

  const results: Result[] = [];
  const before = inUse();
  let open = 0;
  for (const count of [1000, 10_000, 100_000, MILLION]) {
    peers.open(open, count);
    open = count;
    const first = MILLION + VISITS * (1 + results.length);
    results.push(timed(`a datagram beside ${count} open connections`, await visit(peers, first, VISITS)));
  }
  // Those of the visits are in TIME-WAIT, and count as well.
  results.push(weight('an open connection', (inUse() - before) / (MILLION + 4 * VISITS), 400));

  peers.served = 0;
  const took = await visit(peers, 0, MILLION, false);
  if (peers.served !== MILLION) throw new Error(`only ${peers.served} were served`);
  results.push(timed('a datagram, while each gets its page', took));
  results.push(weight('a connection in TIME-WAIT', (inUse() - before) / (MILLION + 4 * VISITS), 128));
  results.push({
    what: 'most memory of the process (RSS), peers and all',
    value: (process.resourceUsage().maxRSS * 1024) / MEGABYTE,
    unit: 'MB',
    beside: undefined,
    goal: { relation: '≤', value: 1024 },
  });
  return results;
}

/** Peers come, or are there already, and get their page. @returns µs of CPU for each datagram */
async function visit(peers: Peers, first: number, count: number, isNew = true): Promise<number> {
  const cpu = process.cpuUsage();
  const datagrams = peers.datagrams;
  for (let peer = first; peer < first + count; peer += AT_ONCE) {
    if (isNew) peers.open(peer, peer + AT_ONCE);
    await peers.visit(peer, peer + AT_ONCE, turn);
  }
  const { user, system } = process.cpuUsage(cpu);
  return (user + system) / (peers.datagrams - datagrams);
}

/** Bytes that JavaScript holds: heap and buffers. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function timed(what: string, value: number): Result {
  return { what, value, unit: 'µs', beside: undefined };
}

function weight(what: string, value: number, most: number): Result {
  return { what, value, unit: 'B', beside: undefined, goal: { relation: '≤', value: most } };
}
