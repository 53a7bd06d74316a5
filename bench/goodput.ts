import { Pair, sizedBody } from './pair.ts';
import { quantile, type Result } from './result.ts';

const BAUDS = [9600, 38_400, 115_200, 921_600];
const MTUS = [296, 576, 1500];
const FRAMINGS = ['slip', 'cslip'] as const;
/** Of each download, on a line without overhead. */
const SECONDS = 60;

/** What a long download gets of the line, and how long one of its datagrams keeps others waiting. */
export async function goodput(): Promise<Result[]> {
  const results: Result[] = [];
  for (const baud of BAUDS) {
    for (const mtu of MTUS) {
      for (const framing of FRAMINGS) results.push(await measure(baud, mtu, framing));
    }
  }
  return results;
}

async function measure(baud: number, mtu: number, framing: 'slip' | 'cslip'): Promise<Result> {
  const pair = new Pair({ baud, mtu, framing, listener: sizedBody });
  const arrivals = arrivalsOf(pair, mtu);
  const download = pair.get(`/${(SECONDS * baud) / 10}`);
  await pair.runUntil(() => download.endedAt !== undefined);
  const intervals = arrivals.slice(1).map((arrival, i) => arrival - arrivals[i]!);
  return {
    what: `${baud} bps, MTU ${mtu}, ${framing}`,
    value: (1000 * download.body) / (download.endedAt! - download.startedAt),
    unit: 'B/s',
    beside: { name: 'the line', value: baud / 10 },
    note: `a datagram takes ${Number(quantile(intervals, 0.5).toPrecision(3))} ms`,
  };
}

/** When datagrams of `length` bytes arrive at the client. */
function arrivalsOf({ line, clock }: Pair, length: number): number[] {
  const arrivals: number[] = [];
  const receive = line.a.onDatagram;
  line.a.onDatagram = (datagram) => {
    if (datagram.length === length) arrivals.push(clock.now());
    receive(datagram);
  };
  return arrivals;
}
