import { test } from 'node:test';
import { SimulationError, simulate } from './run.ts';

const SEEDS = 2000;
const BATCH = 100;
/** Of a million seeds, some of those that found what no other test had: in handshakes by cookie, and in the simulation itself. */
const FOUND = [6_101_052, 6_103_856, 6_119_965, 6_203_121, 6_284_016, 6_508_247, 8_131_446];

/** Two stacks on a bad line, or one under attack, for each seed; more by `npm run simulate`. */
for (let first = 1; first <= SEEDS; first += BATCH) {
  test(`seeds ${first} to ${first + BATCH - 1} keep the invariants and lose nothing`, () => {
    for (let seed = first; seed < first + BATCH; seed++) run(seed);
  });
}

for (const seed of FOUND) test(`seed ${seed} found a fault once, and does so no more`, () => run(seed));

function run(seed: number): void {
  try {
    simulate(seed);
  } catch (error) {
    if (error instanceof SimulationError) console.error(error.ending);
    throw error;
  }
}
