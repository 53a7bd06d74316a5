import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type Clock, systemClock } from './clock.ts';
import type { Stack } from './ip/stack.ts';
import { PACKAGE } from './package.ts';
import { type LineEnds, ServedLine, type ServedLineOptions } from './served-line.ts';
import { createHttpServer, HTTP_LIMITS } from './web/http-server.ts';
import { createPageServer } from './web/page-server.ts';
import { openVisitors } from './web/visitors.ts';

/** This package's. */
export const version: string = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')).version;

export interface DaemonOptions extends ServedLineOptions {
  /** The folder of pages; the built-in site if left out. */
  site?: string | undefined;
  /** The folder where the visitor counter lives. */
  state: string;
}

export interface Daemon {
  /** One for each line, in their order. */
  readonly stacks: readonly Stack[];
  /** Resets what is open, saves the state and closes the lines. */
  stop(): Promise<void>;
}

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
    visitors,
    log,
    status: (socket) => ({
      ...cameBy.get(socket)!.status,
      uptime: (clock.now() - startedAt) / 1000,
      version,
    }),
  });
  // A quarter of the table is never taken by those who have no request: who comes finds room.
  const maxKeptConnections = Math.min(
    HTTP_LIMITS.maxKeptConnections,
    Math.ceil(options.maxConnections * 0.75),
  );
  const httpServer = createHttpServer(pages, { maxKeptConnections });
  const served = lines.map((ends) => {
    const line: ServedLine = new ServedLine(ends, options, (socket) => accept(socket, line), log, clock);
    return line;
  });
  const accept = (socket: Duplex, line: ServedLine) => {
    cameBy.set(socket, line);
    httpServer.emit('connection', socket);
  };

  return {
    stacks: served.map(({ stack }) => stack),
    async stop() {
      for (const line of served) line.shut();
      await pages.close();
      await Promise.all(served.map((line) => line.close()));
      httpServer.close();
      await visitors.close();
    },
  };
}
