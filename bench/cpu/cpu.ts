import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { REQUEST } from '../peers.ts';
import type { Result } from '../result.ts';
import type { KernelReport } from './kernel-server.ts';
import { AT_ONCE, ROUNDS, VISITS, WARM_UP } from './load.ts';

const STACK_SERVER = fileURLToPath(new URL('./stack-server.ts', import.meta.url));
const KERNEL_SERVER = fileURLToPath(new URL('./kernel-server.ts', import.meta.url));

/** A server that has the visits of a round come. @returns the seconds of CPU that they took it */
type Round = () => Promise<number>;

/**
 * GETs on a fresh connection each, by the same `node:http`: over our stack without a line, and over the kernel's
 * loopback. A round of one and a round of the other take turns, and the middle one of each counts: machines are not
 * always equally fast.
 */
export async function cpu(): Promise<Result[]> {
  const servers = [STACK_SERVER, KERNEL_SERVER].map((path) => fork(path));
  const [stack, kernel] = servers as [ChildProcess, ChildProcess];
  try {
    const rounds = [await overStack(stack), await overLoopback(kernel)];
    const used: number[][] = [[], []];
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      for (const [i, visit] of rounds.entries()) used[i]!.push(await visit());
    }
    const [ours, theirs] = used.map((times) => VISITS / median(times.slice(WARM_UP))) as [number, number];
    return [
      {
        what: 'GETs on a fresh connection, per CPU second',
        value: ours,
        unit: '/s',
        beside: { name: "node:http over the kernel's loopback,", value: theirs },
        goal: { relation: '≥', value: 3 * theirs },
      },
    ];
  } finally {
    for (const server of servers) server.kill();
  }
}

/** The peers do not count: what they do was noted before, and is done again. */
async function overStack(server: ChildProcess): Promise<Round> {
  await once(server, 'message');
  return async () => {
    server.send('visit');
    return seconds((await once(server, 'message'))[0]);
  };
}

/** The clients do not count: the server is a process of its own. */
async function overLoopback(server: ChildProcess): Promise<Round> {
  const report = async (): Promise<KernelReport> => (await once(server, 'message'))[0];
  const used = () => {
    server.send('report');
    return report().then(({ cpu }) => seconds(cpu));
  };
  const { port } = await report();
  return async () => {
    const before = await used();
    await visitLoopback(port);
    return (await used()) - before;
  };
}

async function visitLoopback(port: number): Promise<void> {
  let left = VISITS;
  const visit = async () => {
    while (left-- > 0) {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.write(REQUEST);
      await once(socket.resume(), 'close');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visit));
}

/** Of an odd number of them. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function seconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}
