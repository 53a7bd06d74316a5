import type { Stack } from '../ip/stack.ts';
import type { Connection } from '../tcp/connection.ts';
import { checkPort, checkWhole } from '../wire/range.ts';
import { TcpSocket } from './socket.ts';

export interface ListenOptions {
  /** Call back at the first text rather than at ESTABLISHED: an idle connection then costs no stream. */
  deferAccept?: boolean;
  /** Most connections whose handshake is under way; the oldest gives way to the newest. 128 unless set. */
  backlog?: number;
}

export interface ListenerHandle {
  /** Stops listening. Accepted sockets live on. */
  close(): void;
}

/**
 * Accepts TCP connections on `port`.
 *
 * @throws {RangeError} when the port or the backlog is out of range
 * @throws {Error} when something listens there already
 */
export function listen(
  stack: Stack,
  port: number,
  onSocket: (socket: TcpSocket) => void,
  options: ListenOptions = {},
): ListenerHandle {
  checkPort('port', port);
  checkWhole('backlog', options.backlog, 1, Number.MAX_SAFE_INTEGER);
  const listener = {
    port,
    backlog: options.backlog ?? 128,
    deferAccept: options.deferAccept ?? false,
    accept: (connection: Connection) => onSocket(new TcpSocket(connection)),
    halfOpen: new Set<Connection>(),
  };
  stack.tcp.listen(listener);
  return { close: () => stack.tcp.unlisten(listener) };
}
