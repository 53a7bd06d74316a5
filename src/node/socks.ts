import { createServer, type Server, type Socket } from 'node:net';
import type { Stack } from '../ip/stack.ts';
import { formatAddress, parseAddress } from '../wire/address.ts';
import { tryConnect } from './connect.ts';
import { relay } from './relay.ts';
import type { TcpSocket } from './socket.ts';

export interface SocksOptions {
  /** Where the host accepts connections. */
  host: string;
  port: number;
  /** Called with each connection that was made and its other half. */
  onConnection?: (client: Socket, far: TcpSocket) => void;
}

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const NO_ACCEPTABLE_METHOD = 0xff;
const CONNECT = 1;
/** The kinds of address, and how many bytes of them follow; a name is preceded by its length. */
const Kind = { IPV4: 1, NAME: 3, IPV6: 4 } as const;
/** RFC 1928 §6. */
const Reply = {
  SUCCEEDED: 0,
  FAILURE: 1,
  HOST_UNREACHABLE: 4,
  REFUSED: 5,
  COMMAND_UNSUPPORTED: 7,
  ADDRESS_UNSUPPORTED: 8,
} as const;
const REPLY_FOR: Record<string, number> = {
  ECONNREFUSED: Reply.REFUSED,
  ETIMEDOUT: Reply.HOST_UNREACHABLE,
  EHOSTUNREACH: Reply.HOST_UNREACHABLE,
};
/** How long a client may take over its request, in ms. */
const PATIENCE = 30_000;

/**
 * A SOCKS5 server (RFC 1928) for any port of any host beyond the line: CONNECT by IPv4 address, without
 * authentication. Names are not resolved; a dotted quad that is sent as a name, as browsers do, will do.
 */
export function socks(stack: Stack, options: SocksOptions): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on('error', () => client.destroy());
    client.setTimeout(PATIENCE, () => client.destroy());
    negotiate(client, stack, options).catch(() => client.destroy());
  });
  return server.listen(options.port, options.host);
}

async function negotiate(client: Socket, stack: Stack, { onConnection }: SocksOptions): Promise<void> {
  const target = await requestOf(client);
  client.setTimeout(0);
  if (target === undefined) return;
  if (typeof target === 'number') return refuse(client, target);
  const far = tryConnect(stack, target);
  if (!far) return refuse(client, Reply.FAILURE);
  const abandon = () => far.destroy();
  const fail = (error: NodeJS.ErrnoException) => refuse(client, REPLY_FOR[error.code!] ?? Reply.FAILURE);
  client.once('close', abandon);
  far.once('error', fail);
  far.once('connect', () => {
    client.off('close', abandon);
    far.off('error', fail);
    client.write(reply(Reply.SUCCEEDED, far));
    relay(client, far);
    onConnection?.(client, far);
  });
}

/** @returns where to connect to, or the reply that says why not; undefined for a client that was sent away */
async function requestOf(client: Socket): Promise<{ address: string; port: number } | number | undefined> {
  // Whenever one begins to listen, a stream tells of what it has already: it must not begin in a loop.
  const listening = () => {};
  client.on('readable', listening);
  try {
    return (await greet(client)) ? await request(client) : undefined;
  } finally {
    client.off('readable', listening);
  }
}

/** @returns whether the client does without authentication; it was told */
async function greet(client: Socket): Promise<boolean> {
  const [version, count] = await take(client, 2);
  if (version !== VERSION) throw new Error(`version ${version}`);
  const methods = await take(client, count!);
  const accepted = methods.includes(NO_AUTHENTICATION);
  const answer = Buffer.of(VERSION, accepted ? NO_AUTHENTICATION : NO_ACCEPTABLE_METHOD);
  if (accepted) client.write(answer);
  else client.resume().end(answer);
  return accepted;
}

/** @returns where to connect to, or the reply that says why not */
async function request(client: Socket): Promise<{ address: string; port: number } | number> {
  const [version, command, , kind] = await take(client, 4);
  if (version !== VERSION) throw new Error(`version ${version}`);
  const host = await takeHost(client, kind!);
  const port = (await take(client, 2)).readUInt16BE();
  if (command !== CONNECT) return Reply.COMMAND_UNSUPPORTED;
  if (host === undefined) return Reply.ADDRESS_UNSUPPORTED;
  return port === 0 ? Reply.FAILURE : { address: host, port };
}

/** @returns a dotted quad, or undefined for what is none */
async function takeHost(client: Socket, kind: number): Promise<string | undefined> {
  if (kind === Kind.IPV4) return formatAddress((await take(client, 4)).readUInt32BE());
  if (kind === Kind.IPV6) return void (await take(client, 16));
  if (kind !== Kind.NAME) throw new Error(`address of kind ${kind}`);
  const [length] = await take(client, 1);
  const name = (await take(client, length!)).toString('latin1');
  return isAddress(name) ? name : undefined;
}

function isAddress(name: string): boolean {
  try {
    parseAddress(name);
    return true;
  } catch {
    return false;
  }
}

/** The next `count` bytes. @throws {Error} when they do not come */
async function take(client: Socket, count: number): Promise<Buffer> {
  while (client.readableLength < count) {
    if (client.readableEnded || client.destroyed) throw new Error('the client has gone');
    client.read(0);
    await more(client);
  }
  return count === 0 ? Buffer.alloc(0) : client.read(count);
}

function more(client: Socket): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      client.off('readable', settle).off('close', settle);
      resolve();
    };
    client.on('readable', settle).on('close', settle);
  });
}

/** Reads on, so that the client's end is seen. */
function refuse(client: Socket, code: number): void {
  client.setTimeout(PATIENCE).resume().end(reply(code));
}

/** @param far whose own address and port a success names */
function reply(code: number, far?: TcpSocket): Buffer {
  const answer = Buffer.of(VERSION, code, 0, Kind.IPV4, 0, 0, 0, 0, 0, 0);
  if (far) {
    answer.writeUInt32BE(parseAddress(far.localAddress), 4);
    answer.writeUInt16BE(far.localPort, 8);
  }
  return answer;
}
