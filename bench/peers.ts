import type { Stack } from '../src/ip/stack.ts';
import { parseAddress } from '../src/wire/address.ts';
import { newBytes, read16, read32, readInt32 } from '../src/wire/bytes.ts';
import { pseudoHeaderSum } from '../src/wire/checksum.ts';
import { DONT_FRAGMENT, IPV4_HEADER_LENGTH, Protocol, writeIpv4Header } from '../src/wire/ipv4.ts';
import { Flag, headerLengthWith, type TcpOptions, writeSegment } from '../src/wire/tcp.ts';
import { bodyOf, SERVER } from './pair.ts';

/** Peers at one address, each at a port of its own. */
const PEERS_AT_ADDRESS = 50_000;
const FIRST_ADDRESS = parseAddress('10.0.0.1');
const FIRST_PORT = 1024;
const SYN_OPTIONS: TcpOptions = { mss: 1460, windowScale: 7, sackPermitted: true };
const NO_OPTIONS: TcpOptions = {};
const NO_TEXT = new Uint8Array(0);

/** What they ask for, and what they are given. */
export const REQUEST = `GET / HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: close\r\n\r\n`;
export const PAGE = bodyOf(1200);
const REQUEST_TEXT = Buffer.from(REQUEST);

/** What peers need of a stack. */
export type Host = Pick<Stack, 'address' | 'receive' | 'transmit'>;

/** Virtual time that a datagram takes, ms. */
export const DATAGRAM_TIME = 0.001;

/**
 * Clients of a server, numbered from 0, without memory but for the sequence number that the server began with: address, port
 * and their own sequence number follow from the number.
 */
export class Peers {
  readonly #stack: Host;
  readonly #server: number;
  readonly #serverIss: Int32Array;
  /** Answers to what the server sent that wait to be sent. */
  readonly #answers: Uint8Array[] = [];
  /** Datagrams both ways. */
  datagrams = 0;
  /** Octets of text from the server. */
  octets = 0;
  /** Peers that the server's FIN has come to. */
  served = 0;
  /** Virtual time in ms. */
  now = 0;

  constructor(stack: Host, most: number) {
    this.#stack = stack;
    this.#server = parseAddress(stack.address);
    this.#serverIss = new Int32Array(most);
  }

  /** Opens the connections of peers `from` to `to`, exclusive. */
  open(from: number, to: number): void {
    for (let peer = from; peer < to; peer++) {
      this.#send(this.#datagram(peer, Flag.SYN, issOf(peer), 0, NO_TEXT));
      this.exchange();
    }
  }

  /** Peers `from` to `to`, exclusive, get their page. @param turn lets the event loop turn */
  async visit(from: number, to: number, turn: () => Promise<void>): Promise<void> {
    const served = this.served + to - from;
    this.#ask(from, to);
    while (this.served < served) {
      await turn();
      this.exchange();
    }
  }

  #ask(from: number, to: number): void {
    const flags = Flag.ACK | Flag.PSH;
    for (let peer = from; peer < to; peer++) {
      const ack = this.#serverIss[peer]! + 1;
      this.#send(this.#datagram(peer, flags, issOf(peer) + 1, ack, REQUEST_TEXT));
    }
  }

  /** Hears what the server has to say, and answers, until both are silent. */
  exchange(): void {
    do {
      for (let answer = this.#answers.shift(); answer; answer = this.#answers.shift()) this.#send(answer);
      for (let datagram = this.#pull(); datagram; datagram = this.#pull()) this.#hear(datagram);
    } while (this.#answers.length > 0);
  }

  #send(datagram: Uint8Array): void {
    this.#tick();
    this.#stack.receive(datagram, this.now);
  }

  #pull(): Uint8Array | undefined {
    const datagram = this.#stack.transmit(this.now);
    if (datagram) this.#tick();
    return datagram;
  }

  #tick(): void {
    this.datagrams++;
    this.now += DATAGRAM_TIME;
  }

  #hear(datagram: Uint8Array): void {
    const peer =
      (read32(datagram, 16) - FIRST_ADDRESS) * PEERS_AT_ADDRESS + read16(datagram, 22) - FIRST_PORT;
    const seq = readInt32(datagram, 24);
    const ack = readInt32(datagram, 28);
    const flags = datagram[33]!;
    const length = datagram.length - IPV4_HEADER_LENGTH - (datagram[32]! >> 4) * 4;
    this.octets += length;
    if (flags & Flag.RST) throw new Error(`peer ${peer} was reset`);
    if (flags & Flag.SYN) this.#serverIss[peer] = seq;
    if (flags & Flag.FIN) this.served++;
    const occupied = length + (flags & (Flag.SYN | Flag.FIN) ? 1 : 0);
    if (occupied === 0) return;
    const answer = Flag.ACK | (flags & Flag.FIN);
    this.#answers.push(this.#datagram(peer, answer, ack, seq + occupied, NO_TEXT));
  }

  #datagram(peer: number, flags: number, seq: number, ack: number, text: Uint8Array): Uint8Array {
    const options = flags & Flag.SYN ? SYN_OPTIONS : NO_OPTIONS;
    const source = FIRST_ADDRESS + Math.floor(peer / PEERS_AT_ADDRESS);
    const headerLength = headerLengthWith(options);
    const datagram = newBytes(IPV4_HEADER_LENGTH + headerLength + text.length);
    writeIpv4Header(datagram, {
      source,
      destination: this.#server,
      protocol: Protocol.TCP,
      ttl: 64,
      identification: 0,
      flags: DONT_FRAGMENT,
    });
    const segment = datagram.subarray(IPV4_HEADER_LENGTH);
    segment.set(text, headerLength);
    writeSegment(
      segment,
      {
        sourcePort: FIRST_PORT + (peer % PEERS_AT_ADDRESS),
        destinationPort: 80,
        seq,
        ack,
        flags,
        window: 64_240,
        options,
      },
      pseudoHeaderSum(source, this.#server, Protocol.TCP, segment.length),
    );
    return datagram;
  }
}

function issOf(peer: number): number {
  return Math.imul(peer, 0x9e37_79b1);
}
