import fc from 'fast-check';
import { STRUCTURED } from './structured.ts';
import { TARGETS } from './targets.ts';

/** Tries structured inputs for so many seconds, from a seed of its own. @returns the exit status: 1 when one fails, which is shown */
export async function fuzzStructured(name: string, seconds: number): Promise<number> {
  const { fuzz } = await TARGETS[name]!();
  const startedAt = performance.now();
  const property = fc.asyncProperty(STRUCTURED[name]!, async (bytes) => fuzz(bytes));
  const details = await fc.check(property, {
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: seconds * 1000,
    markInterruptAsFailure: false,
  });
  const took = (performance.now() - startedAt) / 1000;
  if (details.failed) console.log(fc.defaultReportMessage(details));
  console.log(`${name}: ${details.numRuns} structured inputs in ${took.toFixed(0)} s, seed ${details.seed}`);
  return details.failed ? 1 : 0;
}
