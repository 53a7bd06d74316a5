import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Beds } from './bed.ts';
import { bulk } from './bulk.ts';
import { cpu } from './cpu/cpu.ts';
import { fairness } from './fairness.ts';
import { goodput } from './goodput.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { noise } from './noise.ts';
import { overload, plotOverload } from './overload.ts';
import { pages } from './pages.ts';
import { findPeers, line, measureReal, whyNotReal } from './real/main.ts';
import { printResults, type Result } from './result.ts';
import { slashdot } from './slashdot.ts';
import { start } from './start.ts';
import { throughput } from './throughput.ts';
import { virtualBeds } from './virtual-bed.ts';
import { visits } from './visits.ts';

/** Those of a line, which may be a real one. */
const LINE_BENCHES: Record<string, (beds: Beds) => Promise<Result[]>> = {
  bulk,
  fairness,
  latency,
  noise,
  overload,
  pages,
};
const OTHER_BENCHES: Record<string, () => Promise<Result[]>> = {
  cpu,
  goodput,
  memory,
  slashdot,
  start,
  throughput,
  visits,
};

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' }, svg: { type: 'string' }, real: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const known = [...Object.keys(LINE_BENCHES), ...(values.real ? [] : Object.keys(OTHER_BENCHES))];
const names = positionals.length > 0 ? positionals : known;
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  const kind = values.real ? 'bench of a real line' : 'bench';
  fail(2, `no such ${kind}: ${unknown.join(', ')}; there are ${known.join(', ')}`);
}
const reason = values.real && whyNotReal();
if (reason) fail(1, `a real line cannot be had: ${reason}`);
const peers = values.real ? findPeers() : {};

const all: Record<string, Result[]> = {};
if (values.real) report('line', await line());
for (const name of names) report(name, await run(name));
if (values.json) writeFileSync(values.json, `${JSON.stringify(all, undefined, 1)}\n`);
if (values.svg && all.overload) writeFileSync(values.svg, plotOverload(all.overload));

function run(name: string): Promise<Result[]> {
  const bench = LINE_BENCHES[name];
  if (!bench) return OTHER_BENCHES[name]!();
  return values.real ? measureReal(bench, peers) : bench(virtualBeds);
}

function report(name: string, results: Result[]): void {
  all[name] = results;
  printResults(name, results);
}

function fail(status: number, message: string): never {
  console.error(message);
  process.exit(status);
}
