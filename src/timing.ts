import { type Clock, systemClock } from './clock.ts';
import type { Stack } from './ip/stack.ts';
import type { PortLine } from './line/line.ts';
import { lineTimeFor } from './tcp/settings.ts';

/** How long the last resets may take to leave, in ms. */
const FAREWELL = 1000;

/** Timers that know how long a datagram takes on the line: no acknowledgment comes sooner than two of them. */
export function timingFor({ baud, mtu }: { baud: number; mtu: number }): {
  baud: number;
  initialRto: number;
  minRto: number;
} {
  const roundTrip = lineTimeFor(baud, mtu);
  return { baud, initialRto: Math.max(1000, 500 + 2 * roundTrip), minRto: 200 + roundTrip };
}

/** Waits until the stack has nothing to send any more, or the time is up. */
export async function drained(stack: Stack, line: PortLine, clock: Clock = systemClock): Promise<void> {
  const deadline = clock.now() + FAREWELL;
  while (stack.hasPending && line.isOpen && clock.now() < deadline) {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, 5));
  }
}
