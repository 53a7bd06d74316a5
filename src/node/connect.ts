import type { Stack } from '../ip/stack.ts';
import { isUnicast, parseAddress } from '../wire/address.ts';
import { TcpSocket } from './socket.ts';

export interface ConnectOptions {
  /** The peer, a dotted quad. */
  address: string;
  port: number;
  /** This end's port; an ephemeral one (RFC 6056) unless set. */
  localPort?: number;
}

/**
 * Opens a TCP connection; 'connect' is emitted once it is there, 'error' with code ECONNREFUSED,
 * ETIMEDOUT or EHOSTUNREACH if it cannot be had.
 *
 * @throws {RangeError} when the address is not a host's dotted quad
 * @throws {Error} when the port is in use
 */
export function connect(stack: Stack, options: ConnectOptions): TcpSocket {
  const address = parseAddress(options.address);
  // RFC 9293 §3.9.2.3 (MUST-46)
  if (!isUnicast(address)) throw new RangeError(`not the address of a host: ${options.address}`);
  return new TcpSocket(stack.tcp.connect(address, options.port, options.localPort));
}
