import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

/** npm run soak -- [--days N] [--seed S]: a virtual year of mixed traffic with faults; says what was held at its start and end. */
const { values } = parseArgs({
  options: { days: { type: 'string', default: '365' }, seed: { type: 'string', default: '1' } },
});
const days = Number(values.days);
const seed = Number(values.seed);
const warmUp = Math.min(10, Math.ceil(days / 2));
/** What the heap may have grown by: pages of compiled code, not what a visit each would leave. */
const SLACK = 2 ** 21;
const startedAt = performance.now();

const { start, end, tally, counted } = await soak({ days, warmUp, seed }, (day, bed, { visits }) => {
  if (day % 10 > 0) return;
  const heap = megabytes(process.memoryUsage().heapUsed);
  const { datagramsIn, datagramsOut } = bed.server.counters;
  console.log(
    `day ${day}: ${visits} visits, ${datagramsIn} datagrams in, ${datagramsOut} out, heap ${heap} with garbage`,
  );
});

const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
console.log(`\n${days} days in ${minutes} minutes, seed ${seed}`);
console.log(`what happened: ${listed(tally.events)}`);
console.log(
  `visitors: ${tally.visits} served, ${tally.unserved} not; last shown ${tally.shown}, on disk ${counted}`,
);
console.log(`counters after day ${warmUp}: ${listed(start.counters)}`);
console.log(`counters in the end: ${listed(end.counters)}`);
console.log(`heap:        ${megabytes(start.heap)} after day ${warmUp}, ${megabytes(end.heap)} in the end`);
console.log(`handles:     ${start.handles}, ${end.handles}`);
console.log(`connections: ${start.connections}, ${end.connections}`);
const isFlat = end.heap <= start.heap + SLACK && end.handles <= start.handles && end.connections === 0;
console.log(isFlat && counted >= tally.shown ? 'flat' : 'NOT FLAT');
process.exitCode = isFlat && counted >= tally.shown ? 0 : 1;

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}

function listed(counts: Record<string, number>): string {
  const some = Object.entries(counts).filter(([, count]) => count > 0);
  return some.map(([name, count]) => `${name} ${Math.round(count)}`).join(', ');
}
