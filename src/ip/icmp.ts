import type { IcmpError } from '../tcp/icmp-errors.ts';
import type { Tcp } from '../tcp/tcp.ts';
import { isUnicast } from '../wire/address.ts';
import { read16, read32, readInt32 } from '../wire/bytes.ts';
import type { Drop } from '../wire/drop.ts';
import {
  ICMP_HEADER_LENGTH,
  type IcmpMessage,
  IcmpType,
  isIcmpQuery,
  parseIcmp,
  Unreachable,
  writeIcmp,
} from '../wire/icmp.ts';
import { IPV4_HEADER_LENGTH, type Ipv4Datagram, Protocol } from '../wire/ipv4.ts';
import type { Counters, DropReason } from './counters.ts';
import { buildDatagrams } from './fragment.ts';
import { TokenBucket } from './token-bucket.ts';

/** Errors sent a second, and at once (RFC 1812 §4.3.2.8). */
const ERROR_RATE = 10;
const ERROR_BURST = 10;
/** Datagrams that wait to be sent; a reply that finds no room is not made. */
const MOST_WAITING = 64;
/** A quoted datagram: its header and the first eight octets of what it carried (RFC 792). */
const QUOTED_PAYLOAD = 8;

export interface IcmpOptions {
  address: number;
  /** Largest datagram sent, in bytes. */
  mtu: number;
  ttl: number;
  tcp: Tcp;
  counters: Counters;
  drop: Drop<DropReason>;
}

/** ICMP at one address: answers echoes, makes and takes in errors (RFC 792, RFC 1122 §3.2.2). */
export class Icmp {
  /** Datagrams ready to be sent, oldest first. */
  readonly waiting: Uint8Array[] = [];
  /** Called with each echo reply that arrives. */
  onEchoReply: (reply: {
    source: number;
    identifier: number;
    sequence: number;
    data: Uint8Array;
    ttl: number;
  }) => void = () => {};

  /** Largest datagram sent, in bytes. */
  mtu: number;
  readonly #options: IcmpOptions;
  readonly #errors = new TokenBucket(ERROR_RATE, ERROR_BURST);
  #identification = 0;

  constructor(options: IcmpOptions) {
    this.#options = options;
    this.mtu = options.mtu;
  }

  receive(datagram: Ipv4Datagram): void {
    const { counters, drop } = this.#options;
    const message = parseIcmp(datagram.payload, drop);
    if (!message) return;
    if (message.type === IcmpType.ECHO_REQUEST) return this.#echo(datagram, message);
    if (message.type === IcmpType.ECHO_REPLY) {
      counters.echoRepliesIn++;
      const [identifier, sequence] = message.rest;
      return this.onEchoReply({
        source: datagram.source,
        identifier,
        sequence,
        data: message.body,
        ttl: datagram.ttl,
      });
    }
    if (isIcmpQuery(message.type)) return drop('icmp-unknown');
    counters.icmpErrorsIn++;
    this.#takeError(message);
  }

  /** Sends an echo request; false when there is no room for it. */
  sendEcho(destination: number, identifier: number, sequence: number, data: Uint8Array): boolean {
    return this.#send(destination, {
      type: IcmpType.ECHO_REQUEST,
      code: 0,
      rest: [identifier, sequence],
      body: data,
    });
  }

  /** Sends an error about `datagram`, unless one about it must not be sent (RFC 1122 §3.2.2). */
  sendError(type: number, code: number, datagram: Ipv4Datagram, now: number): void {
    const isLaterFragment = datagram.fragmentOffset > 0;
    const { bytes, headerLength } = datagram;
    const isAboutError =
      datagram.protocol === Protocol.ICMP && !isIcmpQuery(bytes[headerLength] ?? IcmpType.REDIRECT);
    if (isLaterFragment || isAboutError || !isUnicast(datagram.source)) return;
    if (!this.#errors.take(now)) return this.#options.drop('icmp-rate-limited');
    const body = bytes.subarray(0, headerLength + QUOTED_PAYLOAD);
    if (this.#send(datagram.source, { type, code, rest: [0, 0], body }))
      this.#options.counters.icmpErrorsOut++;
  }

  #echo(datagram: Ipv4Datagram, request: IcmpMessage): void {
    this.#options.counters.echoRequestsIn++;
    this.#send(datagram.source, { ...request, type: IcmpType.ECHO_REPLY });
  }

  #send(destination: number, message: IcmpMessage): boolean {
    const { address, ttl, drop } = this.#options;
    const payload = new Uint8Array(ICMP_HEADER_LENGTH + message.body.length);
    writeIcmp(payload, message);
    this.#identification = (this.#identification + 1) & 0xffff;
    const header = {
      source: address,
      destination,
      protocol: Protocol.ICMP,
      ttl,
      identification: this.#identification,
    };
    const datagrams = buildDatagrams(header, payload, this.mtu);
    if (this.waiting.length > 0 && this.waiting.length + datagrams.length > MOST_WAITING) {
      drop('replies-full');
      return false;
    }
    this.waiting.push(...datagrams);
    return true;
  }

  /** An error about a segment of ours: TCP decides what it is worth (RFC 5927 §4). */
  #takeError(message: IcmpMessage): void {
    const { body } = message;
    const headerLength = ((body[0] ?? 0) & 15) * 4;
    const isOurs =
      headerLength >= IPV4_HEADER_LENGTH &&
      body.length >= headerLength + QUOTED_PAYLOAD &&
      body[9] === Protocol.TCP &&
      read32(body, 12) === this.#options.address;
    if (!isOurs) return this.#options.drop('icmp-error-unfounded');
    const tuple = {
      localPort: read16(body, headerLength),
      remoteAddress: read32(body, 16),
      remotePort: read16(body, headerLength + 2),
    };
    this.#options.tcp.icmpError(tuple, readInt32(body, headerLength + 4), meaningOf(message));
  }
}

/** What an ICMP error says to TCP (RFC 1122 §4.2.3.9, RFC 5461 §2.2). */
function meaningOf(message: IcmpMessage): IcmpError {
  if (message.type !== IcmpType.DESTINATION_UNREACHABLE) return { kind: 'soft' };
  if (message.code === Unreachable.FRAGMENTATION_NEEDED) {
    return { kind: 'too-big', mtu: message.rest[1], length: read16(message.body, 2) };
  }
  const isHard = message.code === Unreachable.PROTOCOL || message.code === Unreachable.PORT;
  return { kind: isHard ? 'hard' : 'soft' };
}
