import { createServer } from 'node:http';
import type { Stack } from '../../src/ip/stack.ts';
import { seededRandom } from '../../src/line/random.ts';
import { SERVER } from '../pair.ts';
import { PAGE, Peers } from '../peers.ts';
import { AT_ONCE, ROUNDS, VISITS, WARM_UP } from './load.ts';
import { Script } from './script.ts';

/** What is shipped, rather than its source: the loader of tests costs more at each call. */
const BUILT = new URL('../../dist/index.js', import.meta.url);

/** The visits of all rounds, and where each of them ends. */
async function visits(): Promise<{ script: Script; ends: number[] }> {
  const script = new Script();
  const ends: number[] = [];
  const all = (WARM_UP + ROUNDS) * VISITS;
  const peers = new Peers(script.of(await newServer()), all);
  for (let peer = 0; peer < all; peer += AT_ONCE) {
    peers.open(peer, peer + AT_ONCE);
    await peers.visit(peer, peer + AT_ONCE, () => script.turn());
    if ((peer + AT_ONCE) % VISITS === 0) ends.push(script.length);
  }
  return { script, ends };
}

/** The same server each time, down to its secrets. */
async function newServer(): Promise<Stack> {
  const { Stack, listen }: typeof import('../../src/index.ts') = await import(BUILT.href);
  const random = seededRandom(1);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random() * 256);
  const stack = new Stack({ address: SERVER, random: bytes });
  const http = createServer((_, response) => response.end(PAGE));
  listen(stack, 80, (socket) => http.emit('connection', socket), { deferAccept: true });
  return stack;
}

const { script, ends } = await visits();
const play = script.player(await newServer());
/** Asked for a round, it says what CPU that took. */
process.on('message', async () => {
  const before = process.cpuUsage();
  await play(ends.shift()!);
  process.send!(process.cpuUsage(before));
});
process.on('disconnect', () => process.exit());
process.send!('ready');
