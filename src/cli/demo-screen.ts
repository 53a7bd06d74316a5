import { useOf } from './bars.ts';

/** All that the demo's screen shows. */
export interface DemoSnapshot {
  url: string;
  /** Bits a second, share of bits that flip, and largest datagram in bytes. */
  baud: number;
  errorRate: number;
  mtu: number;
  /** Use of each direction, from 0 to 1, the latest last. */
  toBrowser: readonly number[];
  fromBrowser: readonly number[];
  connections: number;
  /** The number of the latest visitor, if there was one. */
  visitor: number | undefined;
  retransmissions: number;
  /** Frames and datagrams that were refused as damaged. */
  damaged: number;
  /** The latest lines of the log, the newest last. */
  log: readonly string[];
}

/** Columns of what stands before the bars. */
const LABEL = 20;
/** Lines of the log that are shown. */
const LOG_LINES = 8;

/** Draws the screen. @returns its lines, none wider than `width` columns */
export function drawDemo(snapshot: DemoSnapshot, width: number): string[] {
  const { url, baud, errorRate, mtu, connections, visitor, retransmissions, damaged } = snapshot;
  const noise = errorRate === 0 ? 'none' : `${errorRate.toExponential(0)} of the bits`;
  return [
    `phpstack-ts demo: open ${url}`,
    '',
    `  speed ${baud} bps    noise ${noise}    MTU ${mtu}`,
    '',
    `  to the browser    ${useOf(snapshot.toBrowser, width - LABEL)}`,
    `  from the browser  ${useOf(snapshot.fromBrowser, width - LABEL)}`,
    '',
    `  connections ${connections}    visitor ${visitor ?? '-'}    retransmissions ${retransmissions}    damaged ${damaged}`,
    '',
    ...Array.from({ length: LOG_LINES }, (_, i) => `  ${snapshot.log.slice(-LOG_LINES)[i] ?? ''}`),
    '',
    '  left and right: speed    up and down: noise    q: quit',
  ].map((line) => line.slice(0, width));
}

const SPEEDS = [300, 1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600];
const RATES = [0, 1e-6, 1e-5, 1e-4, 1e-3];

/** What a key asks for; undefined where it asks for nothing. */
export type Wish = { baud: number } | { errorRate: number } | 'quit' | undefined;

export function wishOf(key: string, { baud, errorRate }: { baud: number; errorRate: number }): Wish {
  if (key === 'q' || key === '\x03') return 'quit';
  if (key === '\x1b[C' || key === '+') return { baud: SPEEDS.find((speed) => speed > baud) ?? baud };
  if (key === '\x1b[D' || key === '-') return { baud: SPEEDS.findLast((speed) => speed < baud) ?? baud };
  if (key === '\x1b[A') return { errorRate: RATES.find((rate) => rate > errorRate) ?? errorRate };
  if (key === '\x1b[B') return { errorRate: RATES.findLast((rate) => rate < errorRate) ?? errorRate };
  return undefined;
}

/** Spreads bytes that were handed over in bursts over the time that the line takes for them. */
export class Meter {
  readonly #longest: number;
  readonly shares: number[] = [];
  #waiting = 0;
  #total = 0;

  /** @param longest how many shares are kept */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** @param total bytes so far @param capacity bytes that the line carries from one call to the next */
  tick(total: number, capacity: number): void {
    this.#waiting += total - this.#total;
    this.#total = total;
    const carried = Math.min(this.#waiting, capacity);
    this.#waiting -= carried;
    this.shares.push(carried / capacity);
    if (this.shares.length > this.#longest) this.shares.shift();
  }
}
