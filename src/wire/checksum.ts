/**
 * The Internet checksum (RFC 1071). Sums are kept unfolded so that they can be carried from one
 * part of a datagram to the next.
 */

/**
 * Adds the 16-bit big-endian words of `bytes[start..end)` to `sum`; an odd last byte counts as the
 * high half of a word, so only the last part of a whole may have an odd length.
 */
export function sum16(bytes: Uint8Array, sum = 0, start = 0, end = bytes.length): number {
  let i = start;
  for (const last = end - 7; i < last; i += 8) {
    sum +=
      ((bytes[i]! + bytes[i + 2]! + bytes[i + 4]! + bytes[i + 6]!) << 8) +
      (bytes[i + 1]! + bytes[i + 3]! + bytes[i + 5]! + bytes[i + 7]!);
  }
  for (const last = end - 1; i < last; i += 2) sum += (bytes[i]! << 8) + bytes[i + 1]!;
  return i < end ? sum + (bytes[i]! << 8) : sum;
}

/** The checksum field for a sum: its ones' complement, folded to 16 bits. Zero when the summed bytes include a right checksum. */
export function checksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** The sum of the pseudo-header that TCP and UDP checksums cover (RFC 9293 §3.1). */
export function pseudoHeaderSum(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return (
    (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
  );
}
