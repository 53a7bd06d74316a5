import { createServer, type Server, type Socket } from 'node:net';
import type { Stack } from '../ip/stack.ts';
import { connect } from './connect.ts';
import type { TcpSocket } from './socket.ts';

export interface ForwardOptions {
  /** Where the host accepts connections. */
  host: string;
  port: number;
  /** Where each goes over the line: a dotted quad and a port. */
  to: { address: string; port: number };
}

/**
 * Accepts TCP connections on the host and carries each over the line: bytes with backpressure, half-closes
 * and resets, both ways. Listening is under way when it returns; 'error' is emitted when it cannot be had.
 */
export function forward(stack: Stack, options: ForwardOptions): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    join(client, connect(stack, options.to));
  });
  return server.listen(options.port, options.host);
}

function join(client: Socket, far: TcpSocket): void {
  far.setNoDelay();
  client.pipe(far);
  far.pipe(client);
  client.on('error', () => far.resetAndDestroy());
  far.on('error', () => client.resetAndDestroy());
  client.on('close', () => far.destroy());
  far.on('close', () => client.destroySoon());
}
