import { chmodSync, lstatSync, rmSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Metrics } from './metrics.ts';
import { statusOf } from './status.ts';
import type { DaemonView } from './view.ts';

/** The admin socket cannot be made; `message` is for people. */
export class AdminError extends Error {
  override name = 'AdminError';
}

export interface Admin {
  readonly metrics: Metrics;
  /** Ends the answers under way and removes the socket. */
  close(): void;
}

/** For the owner and the group: who may look is who may connect. */
const MODE = 0o660;

interface Representation {
  type: string;
  text: string;
}

/**
 * Answers `GET /metrics` and `GET /status` on a Unix socket at `path`, which is removed at the end, however
 * the process exits. What a process that has died left there is replaced.
 *
 * @throws {AdminError} where another process answers there, or no socket can be made
 */
export async function openAdmin(path: string, view: DaemonView): Promise<Admin> {
  const metrics = new Metrics(view);
  const server = createServer((request, response) => {
    answer(request, response, view, metrics).catch(() => response.destroy());
  });
  await clearPlace(path);
  await listenAt(server, path);
  const remove = () => rmSync(path, { force: true });
  process.once('exit', remove);
  return {
    metrics,
    close() {
      process.off('exit', remove);
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  view: DaemonView,
  metrics: Metrics,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
  }
  const found = await representationOf(request.url!.replace(/\?.*$/s, ''), view, metrics);
  if (!found)
    return void response.writeHead(404, { 'Content-Type': 'text/plain' }).end('/metrics, /status\n');
  const length = Buffer.byteLength(found.text);
  response.writeHead(200, {
    'Content-Type': found.type,
    'Content-Length': length,
    'Cache-Control': 'no-store',
  });
  response.end(found.text);
}

async function representationOf(
  path: string,
  view: DaemonView,
  metrics: Metrics,
): Promise<Representation | undefined> {
  if (path === '/metrics') return { type: metrics.contentType, text: await metrics.text() };
  if (path === '/status') {
    return { type: 'application/json', text: `${JSON.stringify(statusOf(view), undefined, 1)}\n` };
  }
  return undefined;
}

/** Removes a socket that nobody answers at. */
async function clearPlace(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket())
    throw new AdminError(`${path} is there and is no socket; --admin names another place`);
  if (await isAnswered(path)) throw new AdminError(`another process answers at the admin socket ${path}`);
  unlinkSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'));
  });
}

/** Nobody may connect before the mode is set. */
function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ message }) =>
      reject(new AdminError(`the admin socket cannot be made (${message}); --admin names another place`)),
    );
    const umask = process.umask(0o177);
    server.listen(path, () => {
      chmodSync(path, MODE);
      resolve();
    });
    process.umask(umask);
  });
}
