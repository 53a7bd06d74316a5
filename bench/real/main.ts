import { spawnSync } from 'node:child_process';
import { requirements } from '../../test/e2e/support/requirements.ts';
import type { Beds } from '../bed.ts';
import type { Result } from '../result.ts';
import { virtualBeds } from '../virtual-bed.ts';
import { realBeds } from './bed.ts';
import { startNginx, startOurs } from './servers.ts';

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
if (!hasNginx) console.error('nginx is not installed: measuring ours alone');

/** What keeps a real line from being had here; false where nothing does. */
export const whyNotReal = requirements;

/** The bench on a real line, beside the virtual one and nginx on a real line. */
export async function measureReal(bench: (beds: Beds) => Promise<Result[]>): Promise<Result[]> {
  const ours = await bench(realBeds(startOurs));
  const others: Record<string, Result[]> = { virtual: await bench(virtualBeds) };
  if (hasNginx) others.nginx = await bench(realBeds(startNginx));
  return ours.map((result) => ({ ...result, others: valuesOf(result.what, others) }));
}

function valuesOf(what: string, others: Record<string, Result[]>): Record<string, number> {
  const found = Object.entries(others).map(([name, results]) => [
    name,
    results.find((result) => result.what === what)!.value,
  ]);
  return Object.fromEntries(found);
}
