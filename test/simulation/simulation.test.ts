import { test } from 'node:test';
import { SimulationError, simulate } from './run.ts';

const SEEDS = 2000;
const BATCH = 100;

/** Two stacks on a bad line, or one under attack, for each seed; more by `npm run simulate`. */
for (let first = 1; first <= SEEDS; first += BATCH) {
  test(`seeds ${first} to ${first + BATCH - 1} keep the invariants and lose nothing`, () => {
    for (let seed = first; seed < first + BATCH; seed++) {
      try {
        simulate(seed);
      } catch (error) {
        if (error instanceof SimulationError) console.error(error.ending);
        throw error;
      }
    }
  });
}
