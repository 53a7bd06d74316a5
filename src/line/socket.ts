import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { systemClock } from '../clock.ts';
import { DEFAULT_BAUD } from './pacer.ts';
import { PortError } from './port-error.ts';
import { type Opening, type OpeningEvents, ReopeningPort } from './reopening-port.ts';
import { SlipLine, type SlipLineOptions } from './slip-line.ts';

export interface SocketOptions extends Partial<SlipLineOptions> {
  /** A serial port behind a socket: `tcp:HOST:PORT` or `unix:PATH`. */
  path: string;
  /** Whether to wait for a socket that is not there yet: the line is then not open at first. Default false. */
  wait?: boolean;
}

/** How long a connection may take to be made, in ms. */
const CONNECT_DEADLINE = 5000;
/** A host that has vanished is noticed by keep-alive probes sent after this many ms of silence. */
const KEEP_ALIVE_DELAY = 10_000;

/** Whether `path` names a socket rather than a device. */
export function isSocketPath(path: string): boolean {
  return /^(tcp|unix):/.test(path);
}

/** A line over a socket, which is connected anew when it breaks. @throws {PortError} when it cannot be connected */
export async function openSocketLine(options: SocketOptions): Promise<SlipLine> {
  const { path, clock = systemClock, baud = DEFAULT_BAUD, wait = false } = options;
  const address = socketAddress(path);
  const port = new ReopeningPort((events) => openSocket(path, address, events), clock);
  const line = new SlipLine(port, { ...options, clock, baud });
  await port.open(wait);
  return line;
}

/** @throws {PortError} EINVAL */
function socketAddress(path: string): NetConnectOpts {
  const tcp = /^tcp:(?:\[(.+)\]|(.+)):(\d+)$/.exec(path);
  const port = Number(tcp?.[3]);
  if (tcp && port > 0 && port < 65_536) return { host: tcp[1] ?? tcp[2]!, port };
  if (/^unix:./.test(path)) return { path: path.slice('unix:'.length) };
  throw new PortError('EINVAL', `${path} is neither tcp:HOST:PORT nor unix:PATH`);
}

async function openSocket(path: string, address: NetConnectOpts, events: OpeningEvents): Promise<Opening> {
  const socket = await connected(path, address);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
  socket.on('data', (bytes: Uint8Array) => events.bytes(bytes));
  socket.on('error', (error) => events.ended(`${path}: ${error.message}`));
  socket.on('close', () => events.ended(`${path} was closed by the other side`));
  return {
    write: (bytes, taken) => void socket.write(bytes, (error) => error ?? taken()),
    close: () => closed(socket),
  };
}

function connected(path: string, address: NetConnectOpts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: CONNECT_DEADLINE });
    const fail = (code: string, cause?: Error) => {
      socket.destroy();
      reject(new PortError(code, explain(path, code), { cause }));
    };
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'EIO', error));
    socket.once('timeout', () => fail('ETIMEDOUT'));
    socket.once('connect', () => {
      socket.removeAllListeners('error').removeAllListeners('timeout').setTimeout(0);
      resolve(socket);
    });
  });
}

function explain(path: string, code: string): string {
  if (code === 'ENOENT') return `port ${path} does not exist`;
  if (code === 'EACCES') return `port ${path} may not be opened by this user`;
  if (code === 'ECONNREFUSED') return `nothing listens at port ${path}`;
  if (code === 'ENOTFOUND') return `the host of port ${path} is unknown`;
  return `port ${path} cannot be reached (${code})`;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    socket.once('close', () => resolve());
    socket.destroy();
  });
}
