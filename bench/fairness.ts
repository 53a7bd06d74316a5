import { Pair, sizedBody } from './pair.ts';
import type { Result } from './result.ts';

/** Eight downloads of 50 kB at once: how equal they are when the first is done. */
export async function fairness(): Promise<Result[]> {
  const pair = new Pair({ framing: 'slip', listener: sizedBody });
  const downloads = Array.from({ length: 8 }, () => pair.get('/50000'));
  await pair.runUntil(() => downloads.some((download) => download.endedAt !== undefined));
  const index = jain(downloads.map((download) => download.body));
  return [
    {
      what: "Jain's index of 8 downloads",
      value: index,
      unit: '',
      beside: { name: 'the limit', value: 1 },
      goal: { relation: '≥', value: 0.98 },
    },
  ];
}

/** 1 when all are equal, 1/n when one has everything. */
function jain(values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (values.length * squares);
}
