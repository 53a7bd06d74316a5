import { type Clock, LONGEST_TIMER, systemClock } from '../clock.ts';
import type { Stack } from '../ip/stack.ts';
import type { Line } from '../line/line.ts';

export interface Driver {
  /** Lets go of the line and the stack; neither is closed. */
  stop(): void;
}

/**
 * Joins a stack to a line: what arrives goes in, and whenever the line has room the next datagram is
 * pulled. All the event loop there is: one timer, and one turn after whatever happened.
 */
export function drive(stack: Stack, line: Line, options: { clock?: Clock } = {}): Driver {
  const clock = options.clock ?? systemClock;
  let timer: unknown;
  let turn: NodeJS.Immediate | undefined;

  const settle = () => {
    turn = undefined;
    while (line.ready) {
      const datagram = stack.transmit(clock.now());
      if (datagram === undefined) break;
      line.send(datagram);
    }
    clock.clearTimeout(timer);
    const deadline = stack.deadline();
    if (deadline !== Number.POSITIVE_INFINITY)
      timer = clock.setTimeout(wake, Math.min(LONGEST_TIMER, Math.max(0, deadline - clock.now())));
  };
  const wake = () => {
    stack.expire(clock.now());
    settleSoon();
  };
  // A turn later, so that a page that ends in the next tick still gets its FIN onto its last segment.
  const settleSoon = () => {
    turn ??= setImmediate(settle);
  };

  stack.onPending = settleSoon;
  line.onReady = settleSoon;
  line.onDatagram = (datagram) => {
    stack.receive(datagram, clock.now());
    settleSoon();
  };
  settleSoon();

  return {
    stop() {
      stack.onPending = line.onReady = () => {};
      line.onDatagram = () => {};
      clock.clearTimeout(timer);
      clearImmediate(turn);
    },
  };
}
