import { LINE_RATE, Pair, sizedBody } from './pair.ts';
import type { Result } from './result.ts';

const ERROR_RATE = 1e-5;
const SEEDS = 10;

/** A download over a line that flips one bit in 100,000. */
export async function noise(): Promise<Result[]> {
  const rates: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const faults = { errorRate: ERROR_RATE };
    const pair = new Pair({ framing: 'slip', seed, aToB: faults, bToA: faults, listener: sizedBody });
    const got = pair.get('/200000');
    await pair.runUntil(() => got.endedAt !== undefined);
    rates.push((1000 * got.body) / (got.endedAt! - got.startedAt));
  }
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / SEEDS;
  const survives = (1 - ERROR_RATE) ** (8 * 1501);
  const limit = (LINE_RATE * 1460 * survives) / 1501;
  return [
    {
      what: '200 kB at a bit error rate of 1e-5',
      value: mean,
      unit: 'B/s',
      beside: { name: 'the limit', value: limit },
      goal: { relation: '≥', value: 9_300 },
    },
  ];
}
