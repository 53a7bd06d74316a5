import { Block, BYTE_ORDER_MAGIC, INBOUND, LINKTYPE_RAW, Option, OUTBOUND } from './pcapng.ts';

/** A datagram that was captured. */
export interface CapturedDatagram {
  /** Not copied: they lie in the file. */
  bytes: Uint8Array;
  /** In ms since 1970. */
  time: number;
  /** Which way it went, seen from the end where it was captured; undefined where the file does not say. */
  direction: 'in' | 'out' | undefined;
  /** Which of the file's interfaces it crossed, from 0. */
  interface: number;
  /** Remarks, such as why it was refused: `dropped: REASON`. */
  comments: string[];
}

const LINKTYPE_IPV4 = 228;
/** The option of an interface that says what its stamps count (draft-ietf-opsawg-pcapng §4.2). */
const IF_TSRESOL = 9;
/** Type, length, and the length again. */
const BLOCK_OVERHEAD = 12;

/**
 * The datagrams of a pcapng file, such as `captureLine` writes and Wireshark saves, in its order. What else such a
 * file may hold is passed over, and so is a block at its end that is not whole: it is still being written.
 *
 * @throws {RangeError} when it is no pcapng file, or one of something else than IP datagrams
 */
export function* readCapture(file: Uint8Array): Generator<CapturedDatagram> {
  let isLittle = true;
  /** How many ms a stamp's unit is, for each interface. */
  let units: number[] = [];
  for (let at = 0; at + BLOCK_OVERHEAD <= file.length; ) {
    const rest = new DataView(file.buffer, file.byteOffset + at, file.length - at);
    const isSection = rest.getUint32(0) === Block.SECTION;
    if (isSection) {
      isLittle = byteOrder(rest);
      units = [];
    }
    const length = rest.getUint32(4, isLittle);
    if ((at === 0 && !isSection) || length < BLOCK_OVERHEAD || length % 4 > 0)
      throw new RangeError('not a pcapng file');
    if (length > rest.byteLength) return;
    const body = new DataView(rest.buffer, rest.byteOffset + 8, length - BLOCK_OVERHEAD);
    const type = rest.getUint32(0, isLittle);
    if (type === Block.INTERFACE) units.push(unitOf(body, isLittle));
    if (type === Block.ENHANCED_PACKET) yield packet(body, isLittle, units);
    at += length;
  }
}

/** @returns whether the section's numbers are little-endian */
function byteOrder(block: DataView): boolean {
  const isLittle = block.getUint32(8, true) === BYTE_ORDER_MAGIC;
  if (!isLittle && block.getUint32(8) !== BYTE_ORDER_MAGIC) throw new RangeError('not a pcapng file');
  return isLittle;
}

function unitOf(body: DataView, isLittle: boolean): number {
  const linkType = body.getUint16(0, isLittle);
  if (linkType !== LINKTYPE_RAW && linkType !== LINKTYPE_IPV4)
    throw new RangeError(`a capture of link type ${linkType}, not of IP datagrams`);
  for (const [code, value] of options(body, 8, isLittle)) {
    if (code === IF_TSRESOL) return 1000 * (value[0]! & 0x80 ? 2 : 10) ** -(value[0]! & 0x7f);
  }
  return 0.001;
}

function packet(body: DataView, isLittle: boolean, units: number[]): CapturedDatagram {
  const interface_ = body.getUint32(0, isLittle);
  const stamp = body.getUint32(4, isLittle) * 0x1_0000_0000 + body.getUint32(8, isLittle);
  const length = body.getUint32(12, isLittle);
  const unit = units[interface_];
  if (unit === undefined || 20 + length > body.byteLength) throw new RangeError('a damaged pcapng file');
  const captured: CapturedDatagram = {
    bytes: new Uint8Array(body.buffer, body.byteOffset + 20, length),
    time: stamp * unit,
    direction: undefined,
    interface: interface_,
    comments: [],
  };
  for (const [code, value] of options(body, 20 + padded(length), isLittle)) {
    if (code === Option.COMMENT) captured.comments.push(new TextDecoder().decode(value));
    if (code === Option.FLAGS) captured.direction = DIRECTIONS[flagsOf(value, isLittle) & 3];
  }
  return captured;
}

const DIRECTIONS: Record<number, 'in' | 'out'> = { [INBOUND]: 'in', [OUTBOUND]: 'out' };

const flagsOf = (value: Uint8Array, isLittle: boolean) => value[isLittle ? 0 : 3]!;

/** The options from `at` on, as codes and values; those that do not fit are left out. */
function* options(body: DataView, at: number, isLittle: boolean): Generator<[number, Uint8Array]> {
  while (at + 4 <= body.byteLength) {
    const code = body.getUint16(at, isLittle);
    const length = body.getUint16(at + 2, isLittle);
    if (code === Option.END || at + 4 + length > body.byteLength) return;
    yield [code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length)];
    at += 4 + padded(length);
  }
}

const padded = (length: number) => (length + 3) & ~3;
