import { addAbortSignal } from 'node:stream';
import type { Stack } from '../ip/stack.ts';
import { isUnicast, parseAddress } from '../wire/address.ts';
import { checkPort } from '../wire/range.ts';
import { TcpSocket } from './socket.ts';

export interface ConnectOptions {
  /** The peer, a dotted quad. */
  address: string;
  port: number;
  /** This end's port; an ephemeral one (RFC 6056) unless set. */
  localPort?: number;
  /** How long the handshake may take, in ms; then the error is ETIMEDOUT. The stack's user timeout, three minutes, unless set. */
  timeout?: number;
  /** Destroys the socket with an AbortError; a connection that is not established yet is forgotten. */
  signal?: AbortSignal;
}

/**
 * Opens a TCP connection; 'connect' is emitted once it is there, 'error' with code ECONNREFUSED,
 * ETIMEDOUT or EHOSTUNREACH, or an AbortError, if it cannot be had.
 *
 * @throws {RangeError} when the address is not a host's dotted quad, or a port is out of range
 * @throws {Error} with code EADDRINUSE, EADDRNOTAVAIL (no ephemeral port is left) or ENOBUFS (too many connections)
 */
export function connect(stack: Stack, options: ConnectOptions): TcpSocket {
  const { port, localPort, timeout, signal } = options;
  const address = parseAddress(options.address);
  // RFC 9293 §3.9.2.3 (MUST-46)
  if (!isUnicast(address)) throw new RangeError(`not the address of a host: ${options.address}`);
  checkPort('port', port);
  checkPort('localPort', localPort);
  const socket = new TcpSocket(stack.tcp.connect(address, port, { localPort, timeout }));
  return signal ? addAbortSignal(signal, socket) : socket;
}

/** The same, for those who connect on behalf of others. @returns undefined where `connect` throws */
export function tryConnect(stack: Stack, options: ConnectOptions): TcpSocket | undefined {
  try {
    return connect(stack, options);
  } catch {
    return undefined;
  }
}
