import type { Stack } from '../ip/stack.ts';
import type { Connection } from '../tcp/connection.ts';
import type { Listener } from '../tcp/listener.ts';
import { formatAddress } from '../wire/address.ts';
import { checkPort, checkWhole } from '../wire/range.ts';
import { TcpSocket } from './socket.ts';

/** Who asks without a connection. */
export interface Asker {
  /** A dotted quad. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Most bytes that an answer may have to fit one segment. */
  readonly room: number;
}

/** An answer that has been begun, and is too long for one segment. One of both is called. */
export interface LongAnswer {
  /** There is a connection now. What it has brought is the request once more, which is not to be answered anew. */
  sendOver(socket: TcpSocket): void;
  /** There is none in time. @returns what is said instead, in one segment */
  giveUp(): Uint8Array;
}

/**
 * Answers a request that came in one segment while there is no room for a connection. What it resolves to is sent with FIN;
 * undefined, or a rejection, resets the client.
 */
export type Answer = (request: Uint8Array, asker: Asker) => Promise<Uint8Array | LongAnswer | undefined>;

export interface ListenOptions {
  /** Call back at the first text rather than at ESTABLISHED: an idle connection then costs no stream. */
  deferAccept?: boolean;
  /** Most connections whose handshake is under way; the oldest gives way to the newest. 128 unless set. */
  backlog?: number;
  /** Called each time that somebody begins to wait for the line or for a place in the table: idle connections may be closed. */
  onCrowded?: () => void;
  /** Answers requests for which there is no connection; they go unanswered unless set. */
  answer?: Answer;
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
    halfOpen: 0,
    ...(options.onCrowded && { crowded: options.onCrowded }),
    ...(options.answer && { answer: answerBy(options.answer, stack.address, port) }),
  };
  stack.tcp.listen(listener);
  return { close: () => stack.tcp.unlisten(listener) };
}

/** @param localAddress a dotted quad */
function answerBy(answer: Answer, localAddress: string, localPort: number): NonNullable<Listener['answer']> {
  return async (request, { remoteAddress, remotePort, room }) => {
    const asker = { remoteAddress: formatAddress(remoteAddress), remotePort, localAddress, localPort, room };
    const made = await answer(request, asker);
    if (made === undefined || made instanceof Uint8Array) return made;
    return {
      sendOver: (connection) => made.sendOver(new TcpSocket(connection)),
      giveUp: () => made.giveUp(),
    };
  };
}
