import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { bulk } from './bulk.ts';
import { fairness } from './fairness.ts';
import { latency } from './latency.ts';
import { noise } from './noise.ts';
import { printResults, type Result } from './result.ts';
import { throughput } from './throughput.ts';
import { visits } from './visits.ts';

const BENCHES: Record<string, () => Promise<Result[]>> = {
  bulk,
  latency,
  fairness,
  noise,
  throughput,
  visits,
};

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const unknown = names.filter((name) => !BENCHES[name]);
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

const all: Record<string, Result[]> = {};
for (const name of names) {
  all[name] = await BENCHES[name]!();
  printResults(name, all[name]);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(all, undefined, 1)}\n`);
