import type { Socket } from 'node:net';
import type { TcpSocket } from './socket.ts';

type Connection = Socket | TcpSocket;

/**
 * Makes one connection of two, one of the host's and one over the line: bytes with backpressure, half-closes
 * and resets go on, both ways. Whatever ends the one otherwise, such as a refused handshake, resets the other.
 *
 * @param client must allow half-open, like the server that accepted it
 */
export function relay(client: Socket, far: TcpSocket): void {
  far.setNoDelay();
  carry(client, far);
  carry(far, client);
  // libuv takes a reset that came along with text for the end of it. Even an empty write brings out the truth.
  client.on('end', () => client.writable && client.write(''));
}

function carry(from: Connection, to: Connection): void {
  from.pipe(to);
  // At once: a turn later the FIN would be out that a reset behind text looked like at first.
  from.on('error', () => to.resetAndDestroy());
  from.on('close', () => {
    if (!from.readableEnded || !from.writableFinished) to.resetAndDestroy();
  });
}
