import { Dice } from '../simulation/dice.ts';
import { collectGarbage } from '../support/garbage.ts';
import { Bed } from './bed.ts';
import { hour, Tally } from './traffic.ts';

/** What a process holds that could grow. */
export interface Holdings {
  /** Bytes in use once all garbage is collected. */
  heap: number;
  /** Files, sockets and timers that Node knows. */
  handles: number;
  connections: number;
  /** What the line and the stack have counted so far. */
  counters: Record<string, number>;
}

export interface SoakReport {
  start: Holdings;
  end: Holdings;
  tally: Tally;
  /** The visitor counter as it was found on disk in the end. */
  counted: number;
}

/**
 * Runs so many virtual days of traffic with faults.
 *
 * @param warmUp days before what is held at the start is looked at: caches fill, code is compiled
 * @param onDay is told what is held after each day that `isLooked` names
 */
export async function soak(
  { days, warmUp, seed }: { days: number; warmUp: number; seed: number },
  onDay: (day: number, bed: Bed, tally: Tally) => void = () => {},
): Promise<SoakReport> {
  const dice = new Dice(seed);
  const fork = dice.fork();
  const bed = new Bed((count) => fork.bytes(count));
  const tally = new Tally();
  await bed.start();
  let start: Holdings | undefined;
  for (let day = 1; day <= days; day++) {
    for (let hours = 0; hours < 24; hours++) await hour(bed, dice, tally);
    if (day === warmUp) start = await holdings(bed);
    onDay(day, bed, tally);
  }
  const end = await holdings(bed);
  return { start: start!, end, tally, counted: await bed.stop() };
}

export async function holdings(bed: Bed): Promise<Holdings> {
  await bed.rest();
  collectGarbage();
  return {
    heap: process.memoryUsage().heapUsed,
    handles: process.getActiveResourcesInfo().length,
    connections: bed.server.connectionCount,
    counters: { ...bed.line.b.counters, ...bed.server.counters },
  };
}
