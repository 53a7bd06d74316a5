import { type Beds, inBed } from './bed.ts';
import type { Result } from './result.ts';

const PAGES = 50;

/** Pages of 1.2 kB one after the other, a fresh connection each. */
export async function pages(beds: Beds): Promise<Result[]> {
  const { ms, line } = await inBed(beds, {}, async (bed) => {
    const times = await bed.visit(1200, PAGES);
    return { ms: times.reduce((sum, time) => sum + time, 0) };
  });
  return [
    {
      what: '1.2 kB pages one after the other',
      value: (1000 * PAGES) / ms,
      unit: '/s',
      beside: { name: 'the limit, about', value: 7 },
      goal: { relation: '≥', value: 6.7 },
      line,
    },
  ];
}
