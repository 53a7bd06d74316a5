/**
 * The Internet checksum (RFC 1071). Sums are kept unfolded so that they can be carried from one
 * part of a datagram to the next.
 */

/** From so many bytes on a view is worth what it costs to make. */
const WORTH_A_VIEW = 128;

/**
 * Adds the 16-bit big-endian words of `bytes[start..end)` to `sum`; an odd last byte counts as the
 * high half of a word, so only the last part of a whole may have an odd length.
 */
export function sum16(bytes: Uint8Array, sum = 0, start = 0, end = bytes.length): number {
  const long = end - start < WORTH_A_VIEW ? 0 : (end - start) & ~15;
  if (long > 0) sum += sumWords(new DataView(bytes.buffer, bytes.byteOffset + start, long));
  let [rest, i] = [0, start + long];
  for (const last = end - 1; i < last; i += 2) rest = (rest + (bytes[i]! << 8) + bytes[i + 1]!) | 0;
  if (i < end) rest += bytes[i]! << 8;
  return sum + rest;
}

/**
 * Sixteen bytes at a time, which the length is a multiple of. The halves of each word apart are sums of 32 bits up to
 * the longest datagram; that they are is said by `| 0`, or each addition is looked at for an overflow, which takes twice as long.
 */
function sumWords(view: DataView): number {
  const { byteLength } = view;
  let [high, low] = [0, 0];
  for (let i = 0; i < byteLength; i += 16) {
    const a = view.getInt32(i);
    const b = view.getInt32(i + 4);
    const c = view.getInt32(i + 8);
    const d = view.getInt32(i + 12);
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
    low = (low + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff)) | 0;
  }
  return high + low;
}

/** The checksum field for a sum: its ones' complement, folded to 16 bits. Zero when the summed bytes include a right checksum. */
export function checksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The sum of the two words of a 32-bit number, signed or not. */
export function sum32(value: number): number {
  return (value >>> 16) + (value & 0xffff);
}

/** The sum of the pseudo-header that TCP and UDP checksums cover (RFC 9293 §3.1). */
export function pseudoHeaderSum(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return sum32(source) + sum32(destination) + protocol + length;
}
