import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import type { Wire } from './wire.ts';

/** Turns without a datagram after which the wire is taken to wait for real time: a file, a timer of Node's. */
const QUIET = 300;

/**
 * Turns of the event loop, each a millisecond of virtual time, until `condition` holds; real time where it can
 * only be a file that is waited for.
 *
 * @returns whether it came to hold within `patience` ms of real time
 */
export async function turnsUntil(wire: Wire, condition: () => boolean, patience: number): Promise<boolean> {
  const deadline = performance.now() + patience;
  let [datagrams, quiet] = [0, 0];
  while (!condition()) {
    if (performance.now() > deadline) return false;
    quiet = wire.log.length === datagrams ? quiet + 1 : 0;
    datagrams = wire.log.length;
    await (quiet > QUIET ? wait(1) : turn());
    wire.run(wire.now + 1);
  }
  return true;
}
