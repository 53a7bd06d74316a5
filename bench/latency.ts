import { type Bed, type Beds, inBed } from './bed.ts';
import { quantile, type Result } from './result.ts';

const PINGS = 40;
const PAGES = 10;

/** What others wait while a long download is under way. */
export async function latency(beds: Beds): Promise<Result[]> {
  const { pings, pages, line } = await inBed(beds, {}, measure, (bed) => bed.occupy());
  return [
    {
      what: 'ping during a download, median',
      value: quantile(pings, 0.5),
      unit: 'ms',
      beside: { name: 'the limit', value: 80 },
      goal: { relation: '≤', value: 110 },
    },
    {
      what: 'ping during a download, 95th percentile',
      value: quantile(pings, 0.95),
      unit: 'ms',
      beside: { name: 'the limit', value: 145 },
      goal: { relation: '≤', value: 200 },
    },
    {
      what: 'pings lost',
      value: PINGS - pings.length,
      unit: '',
      beside: undefined,
      goal: { relation: '=', value: 0 },
    },
    {
      what: '1.2 kB page during a download, median',
      value: quantile(pages, 0.5),
      unit: 'ms',
      beside: { name: 'the limit', value: 300 },
      goal: { relation: '≤', value: 600 },
      line,
    },
  ];
}

async function measure(bed: Bed) {
  const pings = await bed.ping(PINGS);
  return { pings, pages: await bed.visit(1200, PAGES), ms: undefined };
}
