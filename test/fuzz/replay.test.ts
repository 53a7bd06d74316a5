import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { STRUCTURED } from './structured.ts';
import { TARGETS } from './targets.ts';

const CORPUS = new URL('corpus/', import.meta.url);
const SEED = 1;
/** Structured inputs of each target; more by `npm run fuzz -- TARGET --structured`. */
const RUNS: Record<string, number> = {
  slip: 300,
  vj: 300,
  ipv4: 300,
  'tcp-options': 300,
  stack: 100,
  http: 60,
};

for (const [name, load] of Object.entries(TARGETS)) {
  test(`fuzz ${name}: what fuzzing found worth keeping holds`, async () => {
    const { fuzz } = await load();
    const inputs = readdirSync(new URL(`${name}/`, CORPUS));
    assert.ok(inputs.length > 0, 'the corpus is empty');
    for (const input of inputs) {
      try {
        await fuzz(readFileSync(new URL(`${name}/${input}`, CORPUS)));
      } catch (error) {
        throw new Error(`test/fuzz/corpus/${name}/${input}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  test(`fuzz ${name}: structured inputs hold`, async () => {
    const { fuzz } = await load();
    const property = fc.asyncProperty(STRUCTURED[name]!, async (bytes) => fuzz(bytes));
    await fc.assert(property, { seed: SEED, numRuns: RUNS[name]! });
  });
}
