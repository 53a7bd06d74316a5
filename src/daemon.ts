import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import { observe } from './doctor/observer.ts';
import type { Finding } from './doctor/symptoms.ts';
import { Stack } from './ip/stack.ts';
import type { PortLine } from './line/line.ts';
import { drive } from './node/drive.ts';
import { listen } from './node/listen.ts';
import { lineTimeFor } from './tcp/settings.ts';
import { createHttpServer, HTTP_LIMITS } from './web/http-server.ts';
import { LineHistory } from './web/line-history.ts';
import { createPageServer } from './web/page-server.ts';
import { openVisitors } from './web/visitors.ts';

/** This package's. */
export const version: string = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;

export interface DaemonOptions {
  /** This end's address and the other's, dotted quads. */
  address: string;
  peer: string;
  /** Largest datagram sent, in bytes. */
  mtu: number;
  /** The line's speed in bits a second; 0 when it is not known. */
  baud: number;
  httpPort: number;
  /** The folder of pages; the built-in site if left out. */
  site?: string | undefined;
  /** The folder where the visitor counter lives. */
  state: string;
  maxConnections: number;
}

export interface Daemon {
  readonly stack: Stack;
  /** Resets what is open, saves the state and closes the line. */
  stop(): Promise<void>;
}

/** How long the last resets may take to leave, in ms. */
const FAREWELL = 1000;

/** Serves pages on `line`: the one place where line, stack, pages and log are put together. */
export async function startDaemon(
  line: PortLine,
  options: DaemonOptions,
  log: Logger,
  clock: Clock = systemClock,
): Promise<Daemon> {
  const visitors = await openVisitors(options.state, log);
  const stack = new Stack({ ...options, ...timingFor(options) });
  const startedAt = clock.now();
  const counted: Record<string, number> = {};
  const counters = () => Object.assign(counted, line.counters, stack.counters);
  const history = new LineHistory(clock, () => ({
    counters: counters(),
    connections: stack.connectionCount,
  }));
  const pages = createPageServer({
    site: options.site,
    visitors,
    log,
    status: () => ({
      uptime: (clock.now() - startedAt) / 1000,
      address: options.address,
      baud: options.baud,
      mtu: options.mtu,
      version,
      counters: counters(),
      connections: stack.connections,
      history: history.samples,
    }),
  });
  // A quarter of the table is never taken by those who have no request: who comes finds room.
  const maxKeptConnections = Math.min(
    HTTP_LIMITS.maxKeptConnections,
    Math.ceil(options.maxConnections * 0.75),
  );
  const httpServer = createHttpServer(pages, { maxKeptConnections });
  const listener = listen(
    stack,
    options.httpPort,
    (socket) => httpServer.emit('connection', socket.setNoDelay()),
    {
      deferAccept: true,
    },
  );
  const driver = drive(stack, line, { clock });
  const report = ({ name, advice }: Finding) => log.warn({ finding: name }, advice);
  const observer = observe(line, stack.counters, options, report, clock);

  return {
    stack,
    async stop() {
      history.stop();
      observer.stop();
      listener.close();
      stack.close();
      await pages.close();
      await drained(stack, line, clock);
      driver.stop();
      httpServer.close();
      await visitors.close();
      await line.close();
    },
  };
}

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
