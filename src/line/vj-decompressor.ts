import { read16, read32, write16, write32 } from '../wire/bytes.ts';
import { checksum, sum16 } from '../wire/checksum.ts';
import type { Drop } from '../wire/drop.ts';
import { Protocol } from '../wire/ipv4.ts';
import { Flag } from '../wire/tcp.ts';
import { LARGEST_FRAME } from './slip.ts';
import {
  Change,
  ECHO,
  headersLength,
  Ip,
  ipHeaderLength,
  LONGEST_HEADER,
  SLOTS,
  Tcp,
  TRANSFER,
} from './vj.ts';

export type VjDropReason = 'slip-vj-header' | 'slip-vj-toss';

/** A connection's last header received. */
interface Slot {
  header: Uint8Array;
  /** Of both headers, in bytes; 0 before the first. */
  length: number;
}

/** The receiving end of RFC 1144 (§A.3). */
export class VjDecompressor {
  readonly #drop: Drop<VjDropReason>;
  readonly #slots: Slot[];
  readonly #datagram = new Uint8Array(LONGEST_HEADER + LARGEST_FRAME);
  #last: Slot | undefined;
  /** Packets that do not name their slot are tossed: the one that did may have been lost (§4.1). */
  #toss = true;

  constructor(drop: Drop<VjDropReason>) {
    this.#drop = drop;
    this.#slots = Array.from({ length: SLOTS }, () => ({
      header: new Uint8Array(LONGEST_HEADER),
      length: 0,
    }));
  }

  /** Forgets everything. */
  reset(): void {
    this.#toss = true;
    for (const slot of this.#slots) slot.length = 0;
  }

  /** A frame was lost, or was damaged. */
  lost(): void {
    this.#toss = true;
  }

  /**
   * Takes an uncompressed packet, whose header it keeps.
   *
   * @returns the datagram, in the packet's own bytes; undefined once `drop` has been told why
   */
  uncompressed(packet: Uint8Array): Uint8Array | undefined {
    const slot = this.#slots[packet[Ip.PROTOCOL] ?? SLOTS];
    const length = headersLength(packet);
    if (!slot || length === undefined) return this.#refuse('slip-vj-header');
    packet[0] = 0x40 | (packet[0]! & 15);
    packet[Ip.PROTOCOL] = Protocol.TCP;
    // A damaged header would spoil all that follow it.
    if (checksum(sum16(packet, 0, 0, ipHeaderLength(packet))) !== 0) return this.#refuse('slip-vj-header');
    slot.header.set(packet.subarray(0, length));
    slot.length = length;
    this.#last = slot;
    this.#toss = false;
    return packet;
  }

  /**
   * Takes a compressed packet.
   *
   * @returns the datagram, in bytes that are used again for the next; undefined once `drop` has been told why
   */
  compressed(packet: Uint8Array): Uint8Array | undefined {
    const fields = new Fields(packet);
    const changes = fields.byte();
    if (changes & Change.C) {
      this.#last = this.#slots[fields.byte()];
      this.#toss = false;
    }
    if (this.#toss) return this.#drop('slip-vj-toss');
    if (!this.#last?.length) return this.#refuse('slip-vj-header');
    applyChanges(this.#last, changes, fields);
    return fields.exhausted
      ? this.#refuse('slip-vj-header')
      : this.#restore(this.#last, packet.subarray(fields.at));
  }

  #refuse(reason: VjDropReason): undefined {
    this.#toss = true;
    return this.#drop(reason);
  }

  #restore({ header, length }: Slot, text: Uint8Array): Uint8Array {
    write16(header, Ip.TOTAL_LENGTH, length + text.length);
    write16(header, Ip.CHECKSUM, 0);
    write16(header, Ip.CHECKSUM, checksum(sum16(header, 0, 0, ipHeaderLength(header))));
    this.#datagram.set(header.subarray(0, length));
    this.#datagram.set(text, length);
    return this.#datagram.subarray(0, length + text.length);
  }
}

/** Changes the header as the mask and the fields say, in the order in which these are sent. */
function applyChanges({ header, length }: Slot, changes: number, fields: Fields): void {
  const tcp = ipHeaderLength(header);
  const text = read16(header, Ip.TOTAL_LENGTH) - length;
  write16(header, tcp + Tcp.CHECKSUM, (fields.byte() << 8) | fields.byte());
  setFlag(header, tcp, Flag.PSH, (changes & Change.P) !== 0);
  const special = changes & TRANSFER;
  const abbreviated = special === ECHO || special === TRANSFER;
  setFlag(header, tcp, Flag.URG, !abbreviated && (changes & Change.U) !== 0);
  if (special === ECHO) advance(header, tcp + Tcp.ACKNOWLEDGMENT, text);
  if (abbreviated) advance(header, tcp + Tcp.SEQUENCE, text);
  else applyFields(header, tcp, changes, fields);
  const identification = changes & Change.I ? fields.delta() : 1;
  write16(header, Ip.IDENTIFICATION, read16(header, Ip.IDENTIFICATION) + identification);
}

function applyFields(header: Uint8Array, tcp: number, changes: number, fields: Fields): void {
  if (changes & Change.U) write16(header, tcp + Tcp.URGENT, fields.delta());
  if (changes & Change.W) {
    write16(header, tcp + Tcp.WINDOW, read16(header, tcp + Tcp.WINDOW) + fields.delta());
  }
  if (changes & Change.A) advance(header, tcp + Tcp.ACKNOWLEDGMENT, fields.delta());
  if (changes & Change.S) advance(header, tcp + Tcp.SEQUENCE, fields.delta());
}

function setFlag(header: Uint8Array, tcp: number, flag: number, on: boolean): void {
  if (on) header[tcp + Tcp.FLAGS]! |= flag;
  else header[tcp + Tcp.FLAGS]! &= ~flag;
}

function advance(header: Uint8Array, at: number, delta: number): void {
  write32(header, at, read32(header, at) + delta);
}

/** Reads the fields of a compressed packet in turn. */
class Fields {
  readonly #packet: Uint8Array;
  at = 0;

  constructor(packet: Uint8Array) {
    this.#packet = packet;
  }

  /** Whether more was read than there is. */
  get exhausted(): boolean {
    return this.at > this.#packet.length;
  }

  byte(): number {
    return this.#packet[this.at++] ?? 0;
  }

  /** A change of 1 to 255 in one byte, any other after a zero in two (§3.2.2). */
  delta(): number {
    return this.byte() || (this.byte() << 8) | this.byte();
  }
}
