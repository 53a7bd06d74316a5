import type { Clock } from '../clock.ts';

/** What a line and its stack did in one interval. */
export interface Sample {
  /** Bytes a second that the line carried to this end and from it, framing included. */
  received: number;
  sent: number;
  /** Connections at its end. */
  connections: number;
  /** Mean of the round trips measured, in ms; undefined where none was. */
  rtt: number | undefined;
}

/** What is looked at: everything counted since the start, by name, and the connections of now. */
export interface Reading {
  counters: Readonly<Record<string, number>>;
  connections: number;
}

/** How far apart samples are, in ms, and how many are kept. */
export const SAMPLE_INTERVAL = 10_000;
export const MOST_SAMPLES = 60;

/** The last ten minutes of a line, in samples. */
export class LineHistory {
  /** The oldest first. */
  readonly samples: Sample[] = [];
  readonly #clock: Clock;
  readonly #read: () => Reading;
  readonly #last: Record<string, number> = {};
  #timer: unknown;

  constructor(clock: Clock, read: () => Reading) {
    this.#clock = clock;
    this.#read = read;
    Object.assign(this.#last, read().counters);
    this.#wait();
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#take();
      this.#wait();
    }, SAMPLE_INTERVAL);
  }

  #take(): void {
    const { counters, connections } = this.#read();
    const gained = (name: string) => (counters[name] ?? 0) - (this.#last[name] ?? 0);
    const perSecond = (name: string) => (1000 * gained(name)) / SAMPLE_INTERVAL;
    const roundTrips = gained('roundTrips');
    this.samples.push({
      received: perSecond('bytes-received'),
      sent: perSecond('bytes-sent'),
      connections,
      rtt: roundTrips > 0 ? gained('roundTripTime') / roundTrips : undefined,
    });
    if (this.samples.length > MOST_SAMPLES) this.samples.shift();
    Object.assign(this.#last, counters);
  }
}
