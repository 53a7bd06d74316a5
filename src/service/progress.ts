import type { PortLine } from '../line/line.ts';
import type { LineEnds } from '../served-line.ts';
import { lineTimeFor } from '../tcp/settings.ts';

/** How long a line may stand still before it counts as stuck, in ms, beyond what its speed explains. */
const PATIENCE = 60_000;

/** Whether a line gets rid of what it is given: looked at now and then. */
export class Progress {
  readonly #line: PortLine;
  readonly #patience: number;
  #sent = -1;
  #movedAt = 0;

  constructor({ line, baud, mtu }: LineEnds) {
    this.#line = line;
    this.#patience = PATIENCE + lineTimeFor(baud, mtu);
  }

  /** Whether it has stood still for too long. A port that is away does not: it is being reopened. */
  isStuck(now: number): boolean {
    const { ready, isOpen, counters } = this.#line;
    const sent = counters['bytes-sent']!;
    if (ready || !isOpen || sent !== this.#sent) this.#movedAt = now;
    this.#sent = sent;
    return now - this.#movedAt > this.#patience;
  }
}
