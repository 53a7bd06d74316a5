import { type Clock, systemClock } from './clock.ts';
import type { Stack } from './ip/stack.ts';
import type { PortLine } from './line/line.ts';
import { lineTimeFor } from './tcp/settings.ts';

/** How long the last resets may take to leave, in ms. */
const FAREWELL = 1000;

/** A SYN that is lost goes again after one, three and seven times the RTO: so many leave time for all of them. */
const PATIENCE_IN_RTOS = 8;
const LEAST_PATIENCE = 180_000;

/** Timers that know how long a datagram takes on the line: no acknowledgment comes sooner than two of them. */
export function timingFor({ baud, mtu }: { baud: number; mtu: number }): {
  baud: number;
  initialRto: number;
  minRto: number;
  userTimeout: number;
} {
  const roundTrip = lineTimeFor(baud, mtu);
  const initialRto = Math.max(1000, 500 + 2 * roundTrip);
  const userTimeout = Math.max(LEAST_PATIENCE, PATIENCE_IN_RTOS * initialRto);
  return { baud, initialRto, minRto: 200 + roundTrip, userTimeout };
}

/** Waits until the stack has nothing to send any more, or the time is up. */
export async function drained(stack: Stack, line: PortLine, clock: Clock = systemClock): Promise<void> {
  const deadline = clock.now() + FAREWELL;
  while (stack.hasPending && line.isOpen && clock.now() < deadline) {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 5));
  }
}
