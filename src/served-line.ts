import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { LineSetup, LineView } from './admin/view.ts';
import type { Clock } from './clock.ts';
import { observe } from './doctor/observer.ts';
import type { Finding } from './doctor/symptoms.ts';
import { type ConnectionInfo, Stack } from './ip/stack.ts';
import type { PortLine } from './line/line.ts';
import { drive } from './node/drive.ts';
import { type Answer, listen } from './node/listen.ts';
import { drained, timingFor } from './timing.ts';
import { LineHistory, type Sample } from './web/line-history.ts';
import type { ServerStatus } from './web/values.ts';

/** A line, and who is at its two ends. */
export interface LineEnds extends LineSetup {
  line: PortLine;
}

export interface ServedLineOptions {
  httpPort: number;
  /** Connections with state, on this line. */
  maxConnections: number;
}

/** Those who speak to the line's visitors. */
export interface Hosts {
  /** Is given each connection that has text for the pages. */
  accept(socket: Duplex): void;
  /** Is told each time that somebody begins to wait for the line, or for a connection. */
  crowded(): void;
  /** Answers those for whom there is no connection. */
  answer: Answer;
}

/** Where our FIN is on its way. */
const UNDELIVERED = new Set(['FIN-WAIT-1', 'CLOSING', 'LAST-ACK']);

/** One of the daemon's lines: a stack of its own at its end, and what is known of its use. */
export class ServedLine implements LineView {
  readonly stack: Stack;
  readonly port: string;
  readonly address: string;
  readonly peer: string;
  readonly mtu: number;
  readonly baud: number;
  readonly httpPort: number;
  readonly #line: PortLine;
  readonly #clock: Clock;
  readonly #history: LineHistory;
  readonly #parts: { stop(): void }[];
  readonly #listener: { close(): void };
  readonly #counted: Record<string, number> = {};

  constructor(
    ends: LineEnds,
    options: ServedLineOptions,
    { accept, crowded, answer }: Hosts,
    log: Logger,
    clock: Clock,
  ) {
    const { line, port, address, peer, mtu, baud } = ends;
    const { httpPort, maxConnections } = options;
    this.#line = line;
    this.port = port;
    this.address = address;
    this.peer = peer;
    this.mtu = mtu;
    this.baud = baud;
    this.httpPort = httpPort;
    this.#clock = clock;
    this.stack = new Stack({ address, mtu, maxConnections, ...timingFor(ends) });
    this.#history = new LineHistory(clock, () => ({
      counters: this.counters,
      connections: this.stack.connectionCount,
    }));
    this.#listener = listen(this.stack, httpPort, (socket) => accept(socket.setNoDelay()), {
      deferAccept: true,
      onCrowded: crowded,
      answer,
    });
    const driver = drive(this.stack, line, { clock });
    const report = ({ name, advice }: Finding) => log.warn({ finding: name, port }, advice);
    const observer = observe(line, this.stack.counters, ends, report, clock);
    this.#parts = [this.#history, observer, driver];
  }

  /** What a page tells of the line. */
  get status(): Omit<ServerStatus, 'uptime' | 'version'> {
    const { address, baud, mtu, counters, connections, history } = this;
    return { address, baud, mtu, counters, connections, history };
  }

  get isOpen(): boolean {
    return this.#line.isOpen;
  }

  /** One object, filled anew each time: it is looked at every few seconds for as long as the daemon runs. */
  get counters(): Record<string, number> {
    return Object.assign(this.#counted, this.#line.counters, this.stack.counters);
  }

  get connections(): Iterable<ConnectionInfo> {
    return this.stack.connections;
  }

  get history(): readonly Sample[] {
    return this.#history.samples;
  }

  set onRoundTrip(onRoundTrip: (ms: number) => void) {
    this.stack.tcp.onRoundTrip = onRoundTrip;
  }

  /** Lets nobody in any more. */
  shut(): void {
    this.#listener.close();
  }

  /** Whether the other end still lacks something of what was said, or of its acknowledgment. */
  get isDelivering(): boolean {
    if (!this.isOpen) return false;
    if (this.stack.hasPending) return true;
    for (const { state, inFlight, unsent } of this.connections) {
      if (inFlight > 0 || unsent > 0 || UNDELIVERED.has(state)) return true;
    }
    return false;
  }

  /** Resets what is open, lets the resets leave, and closes the line. */
  async close(): Promise<void> {
    this.stack.close();
    await drained(this.stack, this.#line, this.#clock);
    for (const part of this.#parts) part.stop();
    await this.#line.close();
  }
}
