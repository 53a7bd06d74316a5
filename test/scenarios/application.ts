import type { Stack } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { retransmissionTimeout } from '../../src/tcp/rtt.ts';
import { textAt } from '../support/packet.ts';

const FIRST_FD = 3;

interface Descriptor {
  listener?: Listener;
  accepted?: Connection[];
  connection?: Connection;
  written: number;
  read: number;
}

/** The application of a script: packetdrill's socket calls on a stack's connections, by file descriptor. */
export class Application {
  readonly #stack: Stack;
  readonly #localPort: number;
  readonly #remote: { address: number; port: number };
  readonly #descriptors = new Map<number, Descriptor>();
  /** The connection that was made last: a script that names none means it. */
  #latest: Connection | undefined;

  constructor(stack: Stack, localPort: number, remote: { address: number; port: number }) {
    this.#stack = stack;
    this.#localPort = localPort;
    this.#remote = remote;
    const { table } = stack.tcp;
    const add = table.add.bind(table);
    table.add = (c) => {
      this.#latest = c;
      add(c);
    };
  }

  /** @returns what the call returned, as a script writes it. @throws {Error} for an unknown call */
  call(name: string, list: string[]): string {
    const call = this.#calls[name];
    if (!call) throw new Error(`no such call: ${name}`);
    return call(Number(list[0]), list);
  }

  /** @returns what is asked for of a connection, or a counter. @throws {Error} when there is none of that name */
  read({ name, fd }: { name: string; fd: number | undefined }): string {
    if (name === 'connections') return String(this.#stack.connectionCount);
    if (name in this.#stack.counters) return String(this.#stack.counters[name as keyof Stack['counters']]);
    const c = fd === undefined ? this.#latest : this.#of(fd);
    if (!c) throw new Error('there is no connection');
    const read = READERS[name];
    if (!read) throw new Error(`nothing is known of: ${name}`);
    return String(read(c));
  }

  readonly #calls: Record<string, (fd: number, list: string[]) => string> = {
    socket: () => {
      const fd = this.#freeDescriptor();
      this.#descriptors.set(fd, { written: 0, read: 0 });
      return String(fd);
    },
    bind: () => '0',
    listen: (fd, list) => {
      const accepted: Connection[] = [];
      const listener: Listener = {
        port: this.#localPort,
        backlog: Number(list[1]),
        deferAccept: list[2] === 'TCP_DEFER_ACCEPT',
        accept: (connection) => {
          connection.user = { opened() {}, readable() {}, writable() {}, closed() {} };
          accepted.push(connection);
        },
        halfOpen: 0,
      };
      this.#stack.tcp.listen(listener);
      Object.assign(this.#descriptor(fd), { listener, accepted });
      return '0';
    },
    accept: (fd) => {
      const connection = this.#descriptor(fd).accepted?.shift();
      if (!connection) return '-1 EAGAIN';
      const accepted = this.#freeDescriptor();
      this.#descriptors.set(accepted, { connection, written: 0, read: 0 });
      return String(accepted);
    },
    connect: (fd) => {
      const connection = this.#stack.tcp.connect(this.#remote.address, this.#remote.port, {
        localPort: this.#localPort,
      });
      connection.user = { opened() {}, readable() {}, writable() {}, closed() {} };
      this.#descriptor(fd).connection = connection;
      return '0';
    },
    write: (fd, list) => {
      const descriptor = this.#descriptor(fd);
      const taken = this.#of(fd).send(textAt(1 + descriptor.written, Number(list[2])));
      descriptor.written += taken;
      return String(taken);
    },
    read: (fd, list) => this.#receive(fd, Number(list[2])),
    shutdown: (fd, list) => {
      if (list[1] !== 'SHUT_WR') throw new Error('only SHUT_WR is known');
      this.#of(fd).close();
      return '0';
    },
    close: (fd) => {
      const { listener } = this.#descriptor(fd);
      if (listener) this.#stack.tcp.unlisten(listener);
      else this.#of(fd).release();
      return '0';
    },
    abort: (fd) => {
      this.#of(fd).abort();
      return '0';
    },
    setsockopt: (fd, list) => {
      const value = Number(/^\[(\d+)\]$/.exec(list[3] ?? '')?.[1]);
      if (list[2] === 'TCP_NODELAY') this.#of(fd).setNoDelay(value === 1);
      else if (list[2] === 'TCP_KEEPIDLE') this.#of(fd).setKeepAlive(value * 1000);
      else throw new Error(`no such socket option: ${list[2]}`);
      return '0';
    },
  };

  /** RECEIVE: up to `limit` octets, which must be those that the remote end sent. */
  #receive(fd: number, limit: number): string {
    const descriptor = this.#descriptor(fd);
    const connection = this.#of(fd);
    let count = 0;
    while (count < limit) {
      const text = connection.receive(limit - count);
      if (!text) break;
      const expected = textAt(1 + descriptor.read, text.length);
      if (Buffer.compare(expected, text) !== 0) throw new Error('read other text than was sent');
      descriptor.read += text.length;
      count += text.length;
    }
    if (count > 0) return String(count);
    if (connection.error) return `-1 ${connection.error}`;
    return connection.finReceived || connection.state === 'CLOSED' ? '0' : '-1 EAGAIN';
  }

  #freeDescriptor(): number {
    let fd = FIRST_FD;
    while (this.#descriptors.has(fd)) fd++;
    return fd;
  }

  #descriptor(fd: number): Descriptor {
    const descriptor = this.#descriptors.get(fd);
    if (!descriptor) throw new Error(`bad file descriptor: ${fd}`);
    return descriptor;
  }

  #of(fd: number): Connection {
    const { connection } = this.#descriptor(fd);
    if (!connection) throw new Error(`not connected: ${fd}`);
    return connection;
  }
}

const READERS: Record<string, (c: Connection) => string | number> = {
  state: (c) => c.state,
  error: (c) => c.error ?? 'none',
  cwnd: (c) => c.cwnd,
  ssthresh: (c) => c.ssthresh,
  mss: (c) => c.sndMss,
  /** ms, as the smoothed estimates stand. */
  srtt: (c) => c.srtt / 1000,
  rttvar: (c) => c.rttvar / 1000,
  rto: (c) => retransmissionTimeout(c),
  window: (c) => c.sndWnd,
  unsent: (c) => c.unsent,
  pipe: (c) => c.flight?.pipe ?? 0,
  readable: (c) => c.receiveBuffer?.readable ?? 0,
};
