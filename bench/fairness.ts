import { type Beds, inBed } from './bed.ts';
import type { Result } from './result.ts';

/** Eight downloads of 50 kB at once: how equal they are when the first is done. */
export async function fairness(beds: Beds): Promise<Result[]> {
  const { atFirstEnd, line } = await inBed(beds, {}, (bed) => bed.download(50_000, 8));
  return [
    {
      what: "Jain's index of 8 downloads",
      value: jain(atFirstEnd),
      unit: '',
      beside: { name: 'the limit', value: 1 },
      goal: { relation: '≥', value: 0.98 },
      line,
    },
  ];
}

/** 1 when all are equal, 1/n when one has everything. */
function jain(values: number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return (sum * sum) / (values.length * squares);
}
