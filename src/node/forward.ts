import { createServer, type Server, type Socket } from 'node:net';
import type { Stack } from '../ip/stack.ts';
import { tryConnect } from './connect.ts';
import { relay } from './relay.ts';
import type { TcpSocket } from './socket.ts';

export interface ForwardOptions {
  /** Where the host accepts connections. */
  host: string;
  port: number;
  /** Where each goes over the line: a dotted quad and a port. */
  to: { address: string; port: number };
  /** Called with each connection and its other half. */
  onConnection?: (client: Socket, far: TcpSocket) => void;
}

/**
 * Accepts TCP connections on the host and carries each over the line, as `relay` does. Listening is under way
 * when it returns; 'error' is emitted when it cannot be had.
 */
export function forward(stack: Stack, options: ForwardOptions): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const far = tryConnect(stack, options.to);
    if (!far) return void client.resetAndDestroy();
    relay(client, far);
    options.onConnection?.(client, far);
  });
  return server.listen(options.port, options.host);
}
