import { checksum, sum16 } from '../wire/checksum.ts';
import type { Drop } from '../wire/drop.ts';
import { IPV4_HEADER_LENGTH } from '../wire/ipv4.ts';
import { compressibleHeader, ipHeaderLength, Type } from './vj.ts';
import { VjCompressor } from './vj-compressor.ts';
import { VjDecompressor, type VjDropReason } from './vj-decompressor.ts';

/**
 * What frames hold: `slip` plain datagrams only (RFC 1055); `cslip` compressed TCP headers from the start
 * (RFC 1144); `auto` understands both and sends as the other end does.
 */
export type FramingMode = 'auto' | 'slip' | 'cslip';

/** 'slip-compressed': the other end compresses and this one was told not to. 'slip-type': neither IPv4 nor compressed. */
export type FramingDropReason = 'slip-tiny' | 'slip-type' | 'slip-compressed' | VjDropReason;

/** Turns datagrams into what frames hold, and back. */
export class Framing {
  readonly #mode: FramingMode;
  readonly #drop: Drop<FramingDropReason>;
  readonly #compressor = new VjCompressor();
  readonly #decompressor: VjDecompressor;
  #compresses: boolean;

  constructor(mode: FramingMode, drop: Drop<FramingDropReason>) {
    this.#mode = mode;
    this.#drop = drop;
    this.#decompressor = new VjDecompressor(drop);
    this.#compresses = mode === 'cslip';
  }

  /** Whether what is sent is compressed. */
  get compresses(): boolean {
    return this.#compresses;
  }

  /** Starts anew: nothing is known about the other end. */
  reset(): void {
    this.#compresses = this.#mode === 'cslip';
    this.#compressor.reset();
    this.#decompressor.reset();
  }

  /** A frame was lost or damaged before it came here. */
  lost(): void {
    this.#decompressor.lost();
  }

  wrap(datagram: Uint8Array): Uint8Array {
    return this.#compresses ? this.#compressor.compress(datagram) : datagram;
  }

  /** @returns the datagram, in bytes that may be used again; undefined once `drop` has been told why */
  unwrap(frame: Uint8Array): Uint8Array | undefined {
    const type = frame[0]! & 0xf0;
    if (type === Type.IP) return this.#plain(frame);
    const compressed = type >= Type.COMPRESSED_TCP;
    if (compressed || type === Type.UNCOMPRESSED_TCP) {
      if (this.#mode === 'slip') return this.#drop('slip-compressed');
      return compressed ? this.#decompressor.compressed(frame) : this.#uncompressed(frame);
    }
    this.lost();
    return this.#drop(frame.length < IPV4_HEADER_LENGTH ? 'slip-tiny' : 'slip-type');
  }

  /** A peer that compresses would have compressed this, or said where it keeps the header. */
  #plain(datagram: Uint8Array): Uint8Array | undefined {
    if (datagram.length < IPV4_HEADER_LENGTH) {
      this.lost();
      return this.#drop('slip-tiny');
    }
    if (this.#mode === 'auto' && this.#compresses && isSoundAndCompressible(datagram))
      this.#compresses = false;
    return datagram;
  }

  /** The peer compresses, for certain: a header whose checksum is right says so. */
  #uncompressed(packet: Uint8Array): Uint8Array | undefined {
    const datagram = this.#decompressor.uncompressed(packet);
    if (datagram && !this.#compresses) {
      this.#compresses = true;
      this.#compressor.reset();
    }
    return datagram;
  }
}

function isSoundAndCompressible(datagram: Uint8Array): boolean {
  const length = compressibleHeader(datagram);
  return length !== undefined && checksum(sum16(datagram, 0, 0, ipHeaderLength(datagram))) === 0;
}
