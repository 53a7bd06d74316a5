import { type Beds, inBed } from './bed.ts';
import { type Curve, plot } from './plot.ts';
import { quantile, type Result } from './result.ts';

const PAGE = 1200;
/** Pages of 1.2 kB a second that the line can carry. */
export const CAPACITY = 7.9;
/** The same of other pages, and at another MTU. */
const OTHERS = [
  { page: PAGE, mtu: 296, capacity: 6.9 },
  { page: 6000, mtu: 1500, capacity: 1.8 },
] as const;
const MINUTE = 60_000;
const AT_ONCE = 100;
/** The load that has a goal, in multiples of what the line can carry. */
const HEAVY = 10;

/** Visitors in numbers: more and more of them by chance, and a hundred who come again and again. */
export async function overload(beds: Beds): Promise<Result[]> {
  const results: Result[] = [];
  for (const load of beds.loads) {
    const { served, recovery } = await inBed(beds, {}, async (bed) => {
      return { ...(await bed.flock(PAGE, load * CAPACITY, MINUTE)), ms: undefined };
    });
    const isHeavy = load === HEAVY;
    results.push({
      what: `${load} times what the line carries, served`,
      load,
      value: (1000 * served) / MINUTE,
      unit: '/s',
      beside: { name: 'the limit', value: Math.min(1, load) * CAPACITY },
      ...(isHeavy && { goal: { relation: '≥', value: 6 } }),
    });
    if (isHeavy) results.push(untilNormal(recovery));
  }
  return [...results, ...(await others(beds)), ...(await hundred(beds))];
}

/** The heavy load, of longer pages, and where a page takes many datagrams. */
async function others(beds: Beds): Promise<Result[]> {
  const results: Result[] = [];
  for (const { page, mtu, capacity } of OTHERS) {
    const { served } = await inBed(beds, { mtu }, async (bed) => {
      return { ...(await bed.flock(page, HEAVY * capacity, MINUTE)), ms: undefined };
    });
    results.push({
      what: `${HEAVY} times, of pages of ${page} bytes at MTU ${mtu}`,
      value: (1000 * served) / MINUTE,
      unit: '/s',
      beside: { name: 'the limit', value: capacity },
    });
  }
  return results;
}

function untilNormal(recovery: number): Result {
  return {
    what: 'once they have left, a page takes',
    value: recovery,
    unit: 'ms',
    beside: { name: 'the limit', value: 140 },
    goal: { relation: '≤', value: 5000 },
  };
}

async function hundred(beds: Beds): Promise<Result[]> {
  const { times, neverServed, line } = await inBed(beds, {}, async (bed) => {
    return { ...(await bed.circle(PAGE, AT_ONCE, MINUTE)), ms: MINUTE };
  });
  return [
    {
      what: `${AT_ONCE} visitors at once, served`,
      value: (1000 * times.length) / MINUTE,
      unit: '/s',
      beside: { name: 'the limit', value: CAPACITY },
      goal: { relation: '≥', value: 7.2 },
      line,
    },
    {
      what: 'a visit of theirs, 95th percentile',
      value: quantile(times, 0.95),
      unit: 'ms',
      beside: { name: 'the limit', value: (1000 * AT_ONCE) / CAPACITY },
      goal: { relation: '≤', value: 20_000 },
    },
    {
      what: 'never served within a minute',
      value: neverServed,
      unit: '',
      beside: undefined,
      goal: { relation: '=', value: 0 },
    },
  ];
}

/** An SVG of what was served over the load that came, by whom. */
export function plotOverload(results: Result[]): string {
  const loads = results.filter(({ load }) => load !== undefined);
  const isReal = loads.some(({ others }) => others !== undefined);
  const curves: Curve[] = [
    {
      name: `phpstack-ts, on a ${isReal ? 'real' : 'virtual'} line`,
      points: loads.map((r) => [r.load!, r.value]),
    },
    ...Object.keys(loads[0]?.others ?? {}).map((name) => ({
      name: name === 'virtual' ? 'phpstack-ts, on a virtual line' : `${name} and Linux, on a real line`,
      points: loads.map((r) => [r.load!, r.others![name]!] as const),
    })),
    { name: 'the limit', points: loads.map((r) => [r.load!, r.beside!.value]) },
  ];
  return plot({
    title: 'Pages finished a second, over the visitors who come',
    x: 'visitors, in multiples of what the line can carry',
    y: 'pages a second',
    top: 8,
    curves,
  });
}
