import { parseArgs } from 'node:util';
import { SimulationError, simulate } from './run.ts';

/** npm run simulate -- [--seeds N] [--from S] [--trace]: runs many seeds, and shows the first that fails. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const count = Number(values.seeds);
const startedAt = Date.now();
let failures = 0;
let events = 0;

for (let seed = from; seed < from + count; seed++) {
  try {
    const run = simulate(seed);
    events += run.events;
    if (values.trace) console.log(String(run.trace));
  } catch (error) {
    if (!(error instanceof SimulationError)) throw error;
    failures++;
    if (values.trace || count === 1) console.log(error.trace);
    console.log(error.message);
    if (!values['keep-going']) break;
  }
}
const seconds = (Date.now() - startedAt) / 1000;
console.log(`${count} seeds from ${from}: ${failures} failed, ${events} events in ${seconds.toFixed(1)} s`);
process.exitCode = failures > 0 ? 1 : 0;
