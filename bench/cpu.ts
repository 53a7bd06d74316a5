import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '../src/line/random.ts';
import type { KernelReport } from './kernel-server.ts';
import { bodyOf, SERVER } from './pair.ts';
import { Peers } from './peers.ts';
import type { Result } from './result.ts';

/** What is shipped, rather than its source: the loader of tests costs more at each call. */
const BUILT = new URL('../dist/index.js', import.meta.url);
const KERNEL_SERVER = fileURLToPath(new URL('./kernel-server.ts', import.meta.url));
const PAGE = bodyOf(1200);
const REQUEST = `GET / HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: close\r\n\r\n`;
const REQUESTS = 50_000;
const AT_ONCE = 50;

/** GETs on a fresh connection each, by the same `node:http`: over our stack without a line, and over the kernel's loopback. */
export async function cpu(): Promise<Result[]> {
  return [
    {
      what: 'GETs on a fresh connection, per CPU second',
      value: REQUESTS / (await overStack()),
      unit: '/s',
      beside: { name: "node:http over the kernel's loopback,", value: REQUESTS / (await overLoopback()) },
    },
  ].map((result) => ({ ...result, goal: { relation: '≥', value: 3 * result.beside.value } }));
}

/** @returns seconds of CPU; those of the peers do not count, for what they send was made before */
async function overStack(): Promise<number> {
  const made: Uint8Array[] = [];
  const first = await visitStack(made);
  const count = Object.keys(made).length;
  const { cpu, datagrams, octets } = await visitStack(made);
  if (Object.keys(made).length !== count || datagrams !== first.datagrams || octets !== first.octets)
    throw new Error('the second pass was not the first one again');
  return cpu;
}

/** @param made what the peers send; filled where it is empty. @returns seconds of CPU, and what went both ways */
async function visitStack(made: Uint8Array[]): Promise<{ cpu: number; datagrams: number; octets: number }> {
  const { Stack, listen }: typeof import('../src/index.ts') = await import(BUILT.href);
  const random = seededRandom(1);
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => random() * 256);
  const stack = new Stack({ address: SERVER, random: bytes });
  const http = createServer((_, response) => response.end(PAGE));
  listen(stack, 80, (socket) => http.emit('connection', socket), { deferAccept: true });
  const peers = new Peers(stack, 2 * REQUESTS, REQUEST, made);
  const visit = async (first: number) => {
    for (let peer = first; peer < first + REQUESTS; peer += AT_ONCE) {
      peers.open(peer, peer + AT_ONCE);
      peers.request(peer, peer + AT_ONCE);
      while (peers.served < peer + AT_ONCE) {
        await new Promise((resolve) => setImmediate(resolve));
        peers.exchange();
      }
    }
  };
  await visit(0);
  const before = process.cpuUsage();
  await visit(REQUESTS);
  const { datagrams, octets } = peers;
  return { cpu: seconds(process.cpuUsage(before)), datagrams, octets };
}

/** @returns seconds of CPU of the server; those of the clients do not count */
async function overLoopback(): Promise<number> {
  const server = fork(KERNEL_SERVER, [String(PAGE.length)]);
  const report = async (): Promise<KernelReport> => (await once(server, 'message'))[0];
  const used = () => {
    server.send('report');
    return report().then(({ cpu }) => seconds(cpu));
  };
  try {
    const { port } = await report();
    await visitLoopback(port);
    const before = await used();
    await visitLoopback(port);
    return (await used()) - before;
  } finally {
    server.kill();
  }
}

async function visitLoopback(port: number): Promise<void> {
  let left = REQUESTS;
  const visit = async () => {
    while (left-- > 0) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(REQUEST);
      await once(socket.resume(), 'close');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visit));
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}
