import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock } from './clock.ts';
import { observe } from './doctor/observer.ts';
import type { Finding } from './doctor/symptoms.ts';
import { Stack } from './ip/stack.ts';
import type { PortLine } from './line/line.ts';
import { drive } from './node/drive.ts';
import { listen } from './node/listen.ts';
import { drained, timingFor } from './timing.ts';
import { LineHistory } from './web/line-history.ts';
import type { ServerStatus } from './web/values.ts';

/** A line, and who is at its two ends. */
export interface LineEnds {
  line: PortLine;
  /** What the log calls the line. */
  port: string;
  /** This end's address and the other's, dotted quads. */
  address: string;
  peer: string;
  /** Largest datagram sent, in bytes. */
  mtu: number;
  /** The line's speed in bits a second; 0 when it is not known. */
  baud: number;
}

export interface ServedLineOptions {
  httpPort: number;
  /** Connections with state, on this line. */
  maxConnections: number;
}

/** One of the daemon's lines: a stack of its own at its end, and what is known of its use. */
export class ServedLine {
  readonly stack: Stack;
  readonly #ends: LineEnds;
  readonly #clock: Clock;
  readonly #history: LineHistory;
  readonly #parts: { stop(): void }[];
  readonly #listener: { close(): void };

  /** @param onConnection is given each connection that has text for the pages */
  constructor(
    ends: LineEnds,
    options: ServedLineOptions,
    onConnection: (socket: Duplex) => void,
    log: Logger,
    clock: Clock,
  ) {
    const { line, port, address, mtu } = ends;
    const { httpPort, maxConnections } = options;
    this.#ends = ends;
    this.#clock = clock;
    this.stack = new Stack({ address, mtu, maxConnections, ...timingFor(ends) });
    this.#history = new LineHistory(clock, () => ({
      counters: this.#counters,
      connections: this.stack.connectionCount,
    }));
    this.#listener = listen(this.stack, httpPort, (socket) => onConnection(socket.setNoDelay()), {
      deferAccept: true,
    });
    const driver = drive(this.stack, line, { clock });
    const report = ({ name, advice }: Finding) => log.warn({ finding: name, port }, advice);
    const observer = observe(line, this.stack.counters, ends, report, clock);
    this.#parts = [this.#history, observer, driver];
  }

  /** What a page tells of the line. */
  get status(): Omit<ServerStatus, 'uptime' | 'version'> {
    const { address, baud, mtu } = this.#ends;
    const { connections } = this.stack;
    return { address, baud, mtu, counters: this.#counters, connections, history: this.#history.samples };
  }

  /** Resets what is open, and takes no more. */
  shut(): void {
    this.#listener.close();
    this.stack.close();
  }

  /** Lets the last resets leave, and closes the line. */
  async close(): Promise<void> {
    const { line } = this.#ends;
    await drained(this.stack, line, this.#clock);
    for (const part of this.#parts) part.stop();
    await line.close();
  }

  get #counters(): Record<string, number> {
    return { ...this.#ends.line.counters, ...this.stack.counters };
  }
}
