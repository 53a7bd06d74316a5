import { LINE_RATE } from './pair.ts';

/** Between pings, in ms: keeps no step with the datagrams of a download. */
export const PING_INTERVAL = 337;

/** A client and a server at the ends of a serial line of 115200 bps, virtual or real. */
export interface Bed {
  /** Gets `count` bodies of `bytes` at once, over a connection each. */
  download(bytes: number, count?: number): Promise<Downloads>;
  /** Starts a download that outlasts what is measured, and lets it get under way. */
  occupy(): Promise<void>;
  /** Gets `count` pages of `bytes`, one after the other, over a fresh connection each. @returns ms for each */
  visit(bytes: number, count: number): Promise<number[]>;
  /** Visitors to a page of `bytes`, `rate` a second by chance, for `ms`. */
  flock(bytes: number, rate: number, ms: number): Promise<Flock>;
  /** `count` visitors to a page of `bytes`, each of whom comes again as soon as served, for `ms`. */
  circle(bytes: number, count: number, ms: number): Promise<Circle>;
  /** Sends `count` pings of 56 bytes. @returns ms for each that was answered */
  ping(count: number): Promise<number[]>;
  /** What the line has carried so far. */
  traffic(): Promise<Traffic>;
  close(): Promise<void>;
}

export interface Downloads {
  /** From the first request to the last byte of all, ms. */
  ms: number;
  /** Bytes of each body when the first of them was complete. */
  atFirstEnd: number[];
}

/** For how long visitors of a flock wait, in ms. */
export const PATIENCE = 20_000;

export interface Flock {
  /** Who had the whole page while others still came. */
  served: number;
  /** From when the last of them has left until somebody is served, ms; `PATIENCE` where nobody is in time. */
  recovery: number;
}

export interface Circle {
  /** How long each visit took that ended in time, ms. */
  times: number[];
  /** Visitors who never had a page. */
  neverServed: number;
}

/** Bytes on the line, framing included. */
export interface Traffic {
  fromServer: number;
  toServer: number;
  /** When they were counted, in ms. */
  at: number;
}

export interface BedOptions {
  /** Default 1500. */
  mtu?: number;
  /** Default 'slip'. */
  framing?: 'slip' | 'cslip';
  /** Likelihood of each bit to be turned over, both ways. Default 0. */
  errorRate?: number;
  /** Of the faults. Default 1. */
  seed?: number;
}

/** A kind of bed. */
export interface Beds {
  framings: readonly ('slip' | 'cslip')[];
  /** How many seeds a bench with faults goes through: real time is dear. */
  seeds: number;
  /** How many visitors come to an overloaded line, in multiples of those that it can carry. */
  loads: readonly number[];
  open(options?: BedOptions): Promise<Bed>;
}

/** How a line was used for a while. */
export interface LineUse {
  /** Bytes, framing included. */
  fromServer: number;
  toServer: number;
  /** Share of the time in which the server's direction was busy. */
  utilisation: number;
}

/**
 * Runs `prepare` and then `measure` in a bed of its own.
 *
 * @returns what it returns, and how the line was used in the `ms` that it says it took, or in all the time
 */
export async function inBed<T extends { ms: number | undefined }>(
  beds: Beds,
  options: BedOptions,
  measure: (bed: Bed) => Promise<T>,
  prepare: (bed: Bed) => Promise<void> = async () => {},
): Promise<T & { line: LineUse }> {
  const bed = await beds.open(options);
  try {
    await prepare(bed);
    const before = await bed.traffic();
    const measured = await measure(bed);
    const after = await bed.traffic();
    const fromServer = after.fromServer - before.fromServer;
    const toServer = after.toServer - before.toServer;
    const ms = measured.ms ?? after.at - before.at;
    const utilisation = (1000 * fromServer) / LINE_RATE / ms;
    return { ...measured, line: { fromServer, toServer, utilisation } };
  } finally {
    await bed.close();
  }
}
