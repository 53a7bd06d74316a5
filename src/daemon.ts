import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { DaemonView } from './admin/view.ts';
import { type Clock, systemClock } from './clock.ts';
import { PACKAGE } from './package.ts';
import { type Hosts, type LineEnds, ServedLine, type ServedLineOptions } from './served-line.ts';
import type { Answered } from './web/exchange.ts';
import { createHttpServer, HTTP_LIMITS } from './web/http-server.ts';
import { createOneSegmentServer } from './web/one-segment.ts';
import { createPageServer } from './web/page-server.ts';
import { openVisitors } from './web/visitors.ts';

/** This package's. */
export const version: string = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')).version;

export interface DaemonOptions extends ServedLineOptions {
  /** The folder of pages; the built-in site if left out. */
  site?: string | undefined;
  /** Whether the log is told the networks of visitors only. */
  anonymize?: boolean;
  /** The folder where the visitor counter lives. */
  state: string;
  /** How long answers may take that are under way at the end, in ms; 0 unless set. */
  grace?: number;
}

/** What may change without anybody's losing a connection. */
export type LiveOptions = Pick<DaemonOptions, 'site' | 'anonymize' | 'maxConnections' | 'grace'>;

export interface Daemon extends Omit<DaemonView, 'capture'> {
  /** One for each line, in their order. */
  readonly lines: readonly ServedLine[];
  /** Called with each answer that was given, and the line that it went out on. */
  onAnswered: (answered: Answered, port: string) => void;
  /** Goes on with other settings. @throws {SiteError} */
  reload(options: LiveOptions): void;
  /** Lets answers under way finish, resets what is open, saves the state and closes the lines. */
  stop(): Promise<void>;
}

/** How often it is looked whether all answers have arrived, in ms. */
const LOOK_AGAIN = 20;

/** Serves one site, with one counter, on all `lines`: the one place where stacks, pages and log are put together. */
export async function startDaemon(
  lines: readonly LineEnds[],
  options: DaemonOptions,
  log: Logger,
  clock: Clock = systemClock,
): Promise<Daemon> {
  const visitors = await openVisitors(options.state, log);
  const startedAt = clock.now();
  /** By which line each visitor has come. */
  const cameBy = new WeakMap<Duplex, ServedLine>();
  const pages = createPageServer({
    site: options.site,
    anonymize: options.anonymize ?? false,
    visitors,
    log,
    onAnswered: (answered) => daemon.onAnswered(answered, cameBy.get(answered.socket)!.port),
    status: (socket) => ({
      ...cameBy.get(socket)!.status,
      uptime: daemon.uptime,
      version,
    }),
  });
  // A quarter of the table is left by those who have had an answer and keep their connection: who comes finds room.
  const maxKeptConnections = Math.min(
    HTTP_LIMITS.maxKeptConnections,
    Math.ceil(options.maxConnections * 0.75),
  );
  const httpServer = createHttpServer(pages, { maxKeptConnections });
  const oneSegmentServer = createOneSegmentServer(pages);
  const served = lines.map((ends) => {
    const came = (socket: Duplex) => void cameBy.set(socket, line);
    const hosts: Hosts = {
      accept: (socket) => {
        came(socket);
        httpServer.emit('connection', socket);
      },
      crowded: () => httpServer.relieve(),
      answer: (segment, asker) => oneSegmentServer.answer(segment, asker, came),
    };
    const line: ServedLine = new ServedLine(ends, options, hosts, log, clock);
    return line;
  });

  let { grace = 0 } = options;
  const isBusy = () =>
    httpServer.isBusy || oneSegmentServer.isBusy || served.some((line) => line.isDelivering);

  const daemon: Daemon = {
    version,
    lines: served,
    get visitors() {
      return visitors.count;
    },
    get uptime() {
      return (clock.now() - startedAt) / 1000;
    },
    onAnswered: () => {},
    reload(live) {
      pages.reload(live);
      grace = live.grace ?? 0;
      for (const { stack } of served) stack.tcp.settings.maxConnections = live.maxConnections;
    },
    async stop() {
      for (const line of served) line.shut();
      httpServer.finish();
      oneSegmentServer.finish();
      const deadline = clock.now() + grace;
      while (isBusy() && clock.now() < deadline) await pause(clock, LOOK_AGAIN);
      await pages.close();
      await Promise.all(served.map((line) => line.close()));
      httpServer.close();
      oneSegmentServer.close();
      await visitors.close();
    },
  };
  return daemon;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimeout(resolve, ms));
}
