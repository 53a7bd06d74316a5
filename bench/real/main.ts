import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { KernelPeer } from '../../test/e2e/support/kernel-peer.ts';
import { requirements } from '../../test/e2e/support/requirements.ts';
import type { Beds } from '../bed.ts';
import { LINE_RATE } from '../pair.ts';
import type { Result } from '../result.ts';
import { virtualBeds } from '../virtual-bed.ts';
import { makeSite, realBeds, type StartServer } from './bed.ts';
import { startNginx, startOurs } from './servers.ts';

/** What all servers serve. */
let site: string | undefined;

/** What keeps a real line from being had here; false where nothing does. */
export const whyNotReal = requirements;

/** How well the line keeps its pace: a few seconds of bytes without a gap. */
export async function line(): Promise<Result[]> {
  const peer = await KernelPeer.start({ baud: 10 * LINE_RATE });
  const port = new ReadStream(openSync(peer.port, 'r+')).resume();
  try {
    const startedAt = performance.now();
    await peer.noise(3 * LINE_RATE, 1);
    const rate = (3000 * LINE_RATE) / (performance.now() - startedAt);
    const beside = { name: 'a UART, which carries', value: LINE_RATE };
    return [{ what: 'the line itself', value: rate, unit: 'B/s', beside }];
  } finally {
    port.destroy();
    await peer.stop();
  }
}

/** The servers to compare with that are installed here; says so where there are none. */
export function findPeers(): Record<string, StartServer> {
  if (spawnSync('nginx', ['-v']).status === 0) return { nginx: startNginx };
  console.error('nginx is not installed: this program is measured alone');
  return {};
}

/** The bench on a real line, beside the virtual one and the `peers` on a line of the same kind. */
export async function measureReal(
  bench: (beds: Beds) => Promise<Result[]>,
  peers: Record<string, StartServer>,
): Promise<Result[]> {
  site ??= makeSite();
  const ours = await bench(realBeds(startOurs, site));
  const others: Record<string, Result[]> = { virtual: await bench(virtualBeds) };
  for (const [name, start] of Object.entries(peers)) others[name] = await bench(realBeds(start, site));
  return ours.map((result) => ({ ...result, others: valuesOf(result.what, others) }));
}

function valuesOf(what: string, others: Record<string, Result[]>): Record<string, number> {
  const found = Object.entries(others).map(([name, results]) => [
    name,
    results.find((result) => result.what === what)!.value,
  ]);
  return Object.fromEntries(found);
}
