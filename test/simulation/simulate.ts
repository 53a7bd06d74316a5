import { parseArgs } from 'node:util';
import { simulate } from './run.ts';

/** npm run simulate -- --seeds N --from S */
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '1' } },
});
const from = Number(values.from);
let failed = 0;
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  try {
    simulate(seed);
  } catch (error) {
    console.error((error as Error).message);
    failed++;
  }
}
console.log(`${values.seeds} seeds from ${from}: ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
