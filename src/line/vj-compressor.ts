import { read16, read32 } from '../wire/bytes.ts';
import { Flag } from '../wire/tcp.ts';
import {
  Change,
  compressibleHeader,
  ECHO,
  Ip,
  ipHeaderLength,
  LONGEST_HEADER,
  SLOTS,
  Tcp,
  TRANSFER,
  Type,
} from './vj.ts';

/** A connection's last header sent. */
interface Slot {
  id: number;
  header: Uint8Array;
  /** Of both headers, in bytes; 0 when the slot is free. */
  length: number;
  /** The larger, the later it was used. */
  used: number;
}

/** How one header differs from the one before: the change mask and the changed fields, encoded. */
interface Difference {
  changes: number;
  fields: number[];
}

/** The sending end of RFC 1144 (§3.2.3, §A.2). */
export class VjCompressor {
  readonly #slots: Slot[];
  #last: Slot | undefined;
  #uses = 0;

  constructor() {
    this.#slots = Array.from({ length: SLOTS }, (_, id) => {
      return { id, header: new Uint8Array(LONGEST_HEADER), length: 0, used: 0 };
    });
  }

  /** Starts anew, for a receiver that knows nothing. */
  reset(): void {
    this.#last = undefined;
    for (const slot of this.#slots) slot.length = 0;
  }

  /** @returns what goes into the frame of `datagram`: compressed, marked with its slot, or as it is */
  compress(datagram: Uint8Array): Uint8Array {
    const length = compressibleHeader(datagram);
    if (length === undefined) return datagram;
    const slot = this.#slotOf(datagram);
    const difference = slot.length === length ? differenceOf(slot.header, datagram, length) : undefined;
    const sameSlot = slot === this.#last;
    slot.used = ++this.#uses;
    slot.length = length;
    slot.header.set(datagram.subarray(0, length));
    this.#last = slot;
    return difference
      ? compressed(datagram, length, difference, sameSlot ? [] : [slot.id])
      : marked(datagram, slot);
  }

  /** The connection's slot, else the one that has not been used for longest. */
  #slotOf(datagram: Uint8Array): Slot {
    let oldest = this.#slots[0]!;
    for (const slot of this.#slots) {
      if (slot.length > 0 && sameConnection(slot.header, datagram)) return slot;
      if (slot.used < oldest.used) oldest = slot;
    }
    oldest.length = 0;
    return oldest;
  }
}

/** Addresses and ports; a header with other options than the last is not looked up under the same ports. */
function sameConnection(header: Uint8Array, datagram: Uint8Array): boolean {
  return (
    read32(header, 12) === read32(datagram, 12) &&
    read32(header, 16) === read32(datagram, 16) &&
    read32(header, ipHeaderLength(header)) === read32(datagram, ipHeaderLength(datagram))
  );
}

/** An uncompressed packet: the slot that keeps its header stands in place of the protocol. */
function marked(datagram: Uint8Array, slot: Slot): Uint8Array {
  const packet = new Uint8Array(datagram);
  packet[0]! |= Type.UNCOMPRESSED_TCP;
  packet[Ip.PROTOCOL] = slot.id;
  return packet;
}

function compressed(datagram: Uint8Array, length: number, { changes, fields }: Difference, slot: number[]) {
  const checksum = ipHeaderLength(datagram) + Tcp.CHECKSUM;
  const mask = Type.COMPRESSED_TCP | changes | (slot.length > 0 ? Change.C : 0);
  const head = [mask, ...slot, datagram[checksum]!, datagram[checksum + 1]!, ...fields];
  const packet = new Uint8Array(head.length + datagram.length - length);
  packet.set(head);
  packet.set(datagram.subarray(length), head.length);
  return packet;
}

/** What has changed; undefined when it cannot be said in a compressed packet, or had better not be. */
function differenceOf(last: Uint8Array, next: Uint8Array, length: number): Difference | undefined {
  if (!sameConstants(last, next, length)) return undefined;
  const tcp = ipHeaderLength(next);
  const difference = { changes: 0, fields: [] };
  if (!urgentChange(difference, last, next, tcp)) return undefined;
  if (!counterChanges(difference, last, next, tcp)) return undefined;
  if (!abbreviate(difference, last, next, length)) return undefined;
  const identification = (read16(next, Ip.IDENTIFICATION) - read16(last, Ip.IDENTIFICATION)) & 0xffff;
  if (identification !== 1) put(difference, Change.I, identification);
  if (next[tcp + Tcp.FLAGS]! & Flag.PSH) difference.changes |= Change.P;
  return difference;
}

/** Everything but the fields that a compressed packet can change: a receiver takes it from the last header. */
function sameConstants(last: Uint8Array, next: Uint8Array, length: number): boolean {
  const tcp = ipHeaderLength(next);
  for (let i = 0; i < length; i++) {
    if (last[i] === next[i] || isVariable(i, tcp)) continue;
    const pushedOrUrgent = Flag.PSH | Flag.URG;
    if (i !== tcp + Tcp.FLAGS || (last[i]! | pushedOrUrgent) !== (next[i]! | pushedOrUrgent)) return false;
  }
  return true;
}

function isVariable(at: number, tcp: number): boolean {
  if (at < tcp) return (at >= Ip.TOTAL_LENGTH && at < Ip.FRAGMENT) || (at & ~1) === Ip.CHECKSUM;
  const field = at - tcp;
  return (
    (field >= Tcp.SEQUENCE && field < Tcp.DATA_OFFSET) || (field >= Tcp.WINDOW && field <= Tcp.URGENT + 1)
  );
}

/**
 * The pointer is sent whole, with URG. Without URG it must not have changed; and since receivers leave
 * the flag alone in the abbreviated forms, the packet that clears it goes uncompressed.
 */
function urgentChange(difference: Difference, last: Uint8Array, next: Uint8Array, tcp: number): boolean {
  const pointer = read16(next, tcp + Tcp.URGENT);
  if (next[tcp + Tcp.FLAGS]! & Flag.URG) {
    put(difference, Change.U, pointer);
    return true;
  }
  return !(last[tcp + Tcp.FLAGS]! & Flag.URG) && pointer === read16(last, tcp + Tcp.URGENT);
}

/** Window, then acknowledgment, then sequence number; the last two only go forward, by 65,535 at most. */
function counterChanges(difference: Difference, last: Uint8Array, next: Uint8Array, tcp: number): boolean {
  const window = (read16(next, tcp + Tcp.WINDOW) - read16(last, tcp + Tcp.WINDOW)) & 0xffff;
  if (window !== 0) put(difference, Change.W, window);
  for (const [change, offset] of [
    [Change.A, tcp + Tcp.ACKNOWLEDGMENT],
    [Change.S, tcp + Tcp.SEQUENCE],
  ] as const) {
    const delta = (read32(next, offset) - read32(last, offset)) >>> 0;
    if (delta > 0xffff) return false;
    if (delta !== 0) put(difference, change, delta);
  }
  return true;
}

/** The masks of the two commonest packets mean more than they say (§3.2.3); false where that would mislead. */
function abbreviate(difference: Difference, last: Uint8Array, next: Uint8Array, length: number): boolean {
  const { changes } = difference;
  const lastText = read16(last, Ip.TOTAL_LENGTH) - length;
  if (changes === ECHO || changes === TRANSFER) return false;
  // Nothing has changed: text after an acknowledgement, or else a retransmission or probe, which is
  // sent uncompressed because the packet before it may have been lost, and the state with it.
  if (changes === 0) return lastText === 0 && next.length !== length;
  const tcp = ipHeaderLength(next);
  const forward = (offset: number) => (read32(next, tcp + offset) - read32(last, tcp + offset)) >>> 0;
  if ((changes & ~Change.A) !== Change.S || forward(Tcp.SEQUENCE) !== lastText) return true;
  if (changes & Change.A && forward(Tcp.ACKNOWLEDGMENT) !== lastText) return true;
  difference.changes = changes & Change.A ? ECHO : TRANSFER;
  difference.fields.length = 0;
  return true;
}

/** A field in one byte if it is 1 to 255, else in three. */
function put(difference: Difference, change: number, value: number): void {
  difference.changes |= change;
  if (value > 0 && value < 256) difference.fields.push(value);
  else difference.fields.push(0, value >> 8, value & 0xff);
}
