import { type Beds, inBed } from './bed.ts';
import { LINE_RATE } from './pair.ts';
import type { Result } from './result.ts';

const BODY = 200_000;
const GOALS = [
  { mtu: 1500, framing: 'slip', goal: 11_140 },
  { mtu: 1500, framing: 'cslip', goal: 11_400 },
  { mtu: 296, framing: 'slip', goal: 9_840 },
  { mtu: 296, framing: 'cslip', goal: 11_150 },
] as const;

/** A long download: how much of the line is body. */
export async function bulk(beds: Beds): Promise<Result[]> {
  const results: Result[] = [];
  for (const { mtu, framing, goal } of GOALS) {
    if (!beds.framings.includes(framing)) continue;
    const { ms, line } = await inBed(beds, { mtu, framing }, (bed) => bed.download(BODY));
    results.push({
      what: `200 kB at MTU ${mtu}, ${framing}`,
      value: (1000 * BODY) / ms,
      unit: 'B/s',
      beside: { name: 'the limit', value: limit(mtu, framing) },
      goal: { relation: '≥', value: goal },
      line,
    });
  }
  return results;
}

/**
 * Body bytes a second on a line of 115200 bps if the line never idled: header, framing, and nothing else. Both addresses begin
 * with 192, which SLIP has to escape.
 */
export function limit(mtu: number, framing: 'slip' | 'cslip'): number {
  const text = mtu - 40;
  const header = framing === 'slip' ? 42 : 3;
  return (LINE_RATE * text) / (text + header + 1);
}
