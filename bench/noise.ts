import { type Beds, inBed, type LineUse } from './bed.ts';
import { limit } from './bulk.ts';
import { mean, type Result } from './result.ts';

const BODY = 200_000;
const ERROR_RATE = 1e-5;

/** A download over a line that flips one bit in 100,000. */
export async function noise(beds: Beds): Promise<Result[]> {
  const rates: number[] = [];
  const lines: LineUse[] = [];
  for (let seed = 1; seed <= beds.seeds; seed++) {
    const options = { errorRate: ERROR_RATE, seed };
    const { ms, line } = await inBed(beds, options, (bed) => bed.download(BODY));
    rates.push((1000 * BODY) / ms);
    lines.push(line);
  }
  const survives = (1 - ERROR_RATE) ** (8 * 1503);
  return [
    {
      what: '200 kB at a bit error rate of 1e-5',
      value: mean(rates),
      unit: 'B/s',
      beside: { name: 'the limit', value: limit(1500, 'slip') * survives },
      goal: { relation: '≥', value: 9_300 },
      line: {
        utilisation: mean(lines.map((line) => line.utilisation)),
        fromServer: mean(lines.map((line) => line.fromServer)),
        toServer: mean(lines.map((line) => line.toServer)),
      },
    },
  ];
}
