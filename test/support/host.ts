import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection, ConnectionError } from '../../src/tcp/connection.ts';
import type { State } from '../../src/tcp/state.ts';
import { parseAddress } from '../../src/wire/address.ts';
import {
  buildRemoteIcmp,
  buildRemoteSegment,
  type Ends,
  parseScriptIcmp,
  parseScriptSegment,
  renderLocalSegment,
  textAt,
} from '../scenarios/packet.ts';
import { fixedRandom } from './wire.ts';

export const LOCAL = '192.168.7.2';
export const REMOTE = '192.168.7.1';
export const PORT = 80;
export const REMOTE_PORT = 50_000;
/** The receive buffer, and so the window that the host announces. */
export const WINDOW = 1000;

/** One stack under virtual time, and a peer that follows a script. Both ends' sequence numbers wrap at once. */
export class Host {
  readonly stack: Stack;
  now = 0;
  error: ConnectionError | undefined;
  connection: Connection | undefined;
  readonly #ends: Ends = {
    local: parseAddress(LOCAL),
    remote: parseAddress(REMOTE),
    localIsn: 2 ** 32 - 3,
    remoteIsn: 2 ** 32 - 4,
  };

  constructor(options: Partial<StackOptions> = {}) {
    this.stack = new Stack({ address: LOCAL, random: fixedRandom(3), receiveBuffer: WINDOW, ...options });
    this.stack.tcp.newIss = () => this.#ends.localIsn | 0;
  }

  listen(): void {
    this.stack.tcp.listen({
      port: PORT,
      backlog: 128,
      deferAccept: false,
      halfOpen: new Set(),
      accept: (c) => this.#own(c),
    });
  }

  connect(): void {
    this.#own(this.stack.tcp.connect(this.#ends.remote, REMOTE_PORT, PORT));
  }

  /** CLOSED once it is in no table any more. */
  get state(): State {
    const [c] = this.stack.tcp.connections();
    this.connection ??= c;
    return c?.state ?? 'CLOSED';
  }

  /** A segment in packetdrill's notation arrives, or an ICMP error. */
  arrives(notation: string): void {
    const datagram = notation.startsWith('icmp')
      ? buildRemoteIcmp(parseScriptIcmp(notation), this.#ends, REMOTE_PORT, PORT)
      : buildRemoteSegment(parseScriptSegment(notation), this.#ends, REMOTE_PORT, PORT);
    this.stack.receive(datagram, this.now);
  }

  /** What is sent now, without windows and options. */
  sent(): string[] {
    const segments: string[] = [];
    for (let datagram = this.stack.transmit(this.now); datagram; datagram = this.stack.transmit(this.now)) {
      segments.push(renderLocalSegment(datagram, this.#ends).replace(/ win.*| <.*/, ''));
    }
    return segments;
  }

  /** Lets `ms` pass and returns what is sent meanwhile. */
  advance(ms: number): string[] {
    const end = this.now + ms;
    const segments = this.sent();
    while (this.stack.deadline() <= end) {
      this.now = Math.max(this.now, this.stack.deadline());
      this.stack.expire(this.now);
      segments.push(...this.sent());
    }
    this.now = end;
    return segments;
  }

  #own(c: Connection): void {
    this.connection = c;
    c.user = {
      opened: () => {},
      readable: () => {},
      writable: () => {},
      closed: (error) => {
        this.error = error;
      },
    };
  }
}

/** The states in which a connection can be, each reached by segments and user calls alone. */
export const SYNCHRONIZED = [
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
] as const satisfies State[];

/**
 * A host in `state`. Octets 1 to 10 are sent and not acknowledged, except where the state says that all
 * is; the peer has sent nothing but what the state says.
 */
export function hostIn(state: State): Host {
  const host = new Host();
  if (state === 'CLOSED') return host;
  if (state === 'SYN-SENT') host.connect();
  else host.listen();
  for (const step of STEPS[state] ?? []) {
    if (typeof step === 'string') host.arrives(step);
    else step(host);
    host.sent();
  }
  host.sent();
  return host;
}

type Step = string | ((host: Host) => void);

const send: Step = (host) => void host.connection!.send(textAt(1, 10));
const close: Step = (host) => void (host.state && host.connection!.close());
const SYN = 'S 0:0(0) win 5000';
const OPEN: Step[] = [SYN, '. 1:1(0) ack 1 win 5000', send];
const FIN_WAIT_1: Step[] = [...OPEN, close];
const CLOSE_WAIT: Step[] = [...OPEN, 'F. 1:1(0) ack 1 win 5000'];

const STEPS: Partial<Record<State, Step[]>> = {
  'SYN-RECEIVED': [SYN],
  ESTABLISHED: OPEN,
  'FIN-WAIT-1': FIN_WAIT_1,
  'FIN-WAIT-2': [...FIN_WAIT_1, '. 1:1(0) ack 12 win 5000'],
  'CLOSE-WAIT': CLOSE_WAIT,
  CLOSING: [...FIN_WAIT_1, 'F. 1:1(0) ack 1 win 5000'],
  'LAST-ACK': [...CLOSE_WAIT, close],
  'TIME-WAIT': [...FIN_WAIT_1, 'F. 1:1(0) ack 12 win 5000'],
};
