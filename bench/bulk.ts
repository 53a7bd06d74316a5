import { LINE_RATE, Pair, sizedBody } from './pair.ts';
import type { Result } from './result.ts';

const BODY = 200_000;

/** A long download: how much of the line is body. */
export async function bulk(): Promise<Result[]> {
  return [
    await download(1500, 'slip', 11_140),
    await download(1500, 'cslip', 11_400),
    await download(296, 'slip', 9_840),
    await download(296, 'cslip', 11_150),
  ];
}

async function download(mtu: number, framing: 'slip' | 'cslip', goal: number): Promise<Result> {
  const pair = new Pair({ mtu, framing, listener: sizedBody });
  const got = pair.get(`/${BODY}`);
  await pair.runUntil(() => got.endedAt !== undefined);
  return {
    what: `200 kB at MTU ${mtu}, ${framing}`,
    value: (1000 * got.body) / (got.endedAt! - got.startedAt),
    unit: 'B/s',
    beside: { name: 'the limit', value: limit(mtu, framing) },
    goal: { relation: '≥', value: goal },
  };
}

/** Body bytes a second if the line never idled: header, framing, and nothing else. */
function limit(mtu: number, framing: 'slip' | 'cslip'): number {
  const text = mtu - 40;
  const header = framing === 'slip' ? 40 : 3;
  return (LINE_RATE * text) / (text + header + 1);
}
