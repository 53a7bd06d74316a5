import { Pair, SERVER, sizedBody } from './pair.ts';
import { quantile, type Result } from './result.ts';

const PINGS = 40;
const PAGES = 10;

/** What others wait while a long download is under way. */
export async function latency(): Promise<Result[]> {
  const pair = new Pair({ framing: 'slip', listener: sizedBody });
  pair.get('/2000000');
  await pair.clock.advanceWithTurns(3000);
  const times = await pings(pair);
  const pages = await visits(pair);
  return [
    {
      what: 'ping during a download, median',
      value: quantile(times, 0.5),
      unit: 'ms',
      beside: { name: 'the limit', value: 80 },
      goal: { relation: '≤', value: 110 },
    },
    {
      what: 'ping during a download, 95th percentile',
      value: quantile(times, 0.95),
      unit: 'ms',
      beside: { name: 'the limit', value: 145 },
      goal: { relation: '≤', value: 200 },
    },
    {
      what: 'pings lost',
      value: PINGS - times.length,
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
    },
  ];
}

/** One ping of 56 bytes after the other, at times that do not keep step with the download. */
async function pings(pair: Pair): Promise<number[]> {
  const times: number[] = [];
  for (let sequence = 0; sequence < PINGS; sequence++) {
    const sentAt = pair.clock.now();
    pair.client.icmp.onEchoReply = () => times.push(pair.clock.now() - sentAt);
    pair.client.ping(SERVER, 1, sequence, new Uint8Array(56));
    await pair.clock.advanceWithTurns(300 + 7 * (sequence % 20));
  }
  return times;
}

async function visits(pair: Pair): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < PAGES; i++) {
    const page = pair.get('/1200');
    await pair.runUntil(() => page.endedAt !== undefined);
    times.push(page.endedAt! - page.startedAt);
  }
  return times;
}
