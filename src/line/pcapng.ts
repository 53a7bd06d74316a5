/**
 * The pcapng capture file format (draft-ietf-opsawg-pcapng), little-endian: blocks of a type, a length,
 * a body and the length again, padded to words.
 */
export const Block = { INTERFACE: 1, ENHANCED_PACKET: 6, SECTION: 0x0a0d0d0a } as const;
export const Option = { END: 0, COMMENT: 1, FLAGS: 2, NAME: 2 } as const;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Datagrams without any header of a link: the first nibble says which IP it is. */
export const LINKTYPE_RAW = 101;
const NO_LIMIT = 0;

export const INBOUND = 1;
export const OUTBOUND = 2;

/** What a file starts with: a section with an interface for each name, whose stamps count microseconds. */
export function fileHeader(interfaces: readonly string[]): Buffer {
  const section = Buffer.alloc(16);
  section.writeUInt32LE(BYTE_ORDER_MAGIC, 0);
  section.writeUInt16LE(1, 4);
  section.writeBigInt64LE(-1n, 8);
  return Buffer.concat([block(Block.SECTION, section), ...interfaces.map(interfaceBlock)]);
}

function interfaceBlock(name: string): Buffer {
  const fixed = Buffer.alloc(8);
  fixed.writeUInt16LE(LINKTYPE_RAW, 0);
  fixed.writeUInt32LE(NO_LIMIT, 4);
  const options = [option(Option.NAME, Buffer.from(name)), option(Option.END, Buffer.alloc(0))];
  return block(Block.INTERFACE, Buffer.concat([fixed, ...options]));
}

/** A datagram, and what is known of it. */
export interface Packet {
  bytes: Uint8Array;
  /** Index of its interface in the file's header. */
  interface: number;
  /** In ms since 1970, to the microsecond. */
  time: number;
  direction: typeof INBOUND | typeof OUTBOUND;
  /** For people, one line each. */
  comments: readonly string[];
}

export function packetBlock({ bytes, time, direction, comments, ...packet }: Packet): Buffer {
  const microseconds = Math.round(time * 1000);
  const fixed = Buffer.alloc(20);
  fixed.writeUInt32LE(packet.interface, 0);
  fixed.writeUInt32LE(Math.floor(microseconds / 0x1_0000_0000), 4);
  fixed.writeUInt32LE(microseconds % 0x1_0000_0000, 8);
  fixed.writeUInt32LE(bytes.length, 12);
  fixed.writeUInt32LE(bytes.length, 16);
  const options = [
    option(Option.FLAGS, Buffer.from([direction, 0, 0, 0])),
    ...comments.map((comment) => option(Option.COMMENT, Buffer.from(comment))),
    option(Option.END, Buffer.alloc(0)),
  ];
  return block(Block.ENHANCED_PACKET, Buffer.concat([fixed, padded(bytes), ...options]));
}

function block(type: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  body.copy(bytes, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return bytes;
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes], (bytes.length + 3) & ~3);
}
