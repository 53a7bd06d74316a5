/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for short input, as Linux takes it for sequence
 * numbers and cookies. There is one to each SYN, and node:crypto's HMAC takes ten times as long.
 *
 * @param key 16 bytes as four little-endian words
 * @param words the input, 32 bits each, little-endian
 * @returns the low 32 bits of the hash, signed
 */
export function sipHash(key: Int32Array, words: readonly number[]): number {
  const [k0, k1, k2, k3] = key as unknown as [number, number, number, number];
  // v0 to v3, 64 bits each, low half first.
  v[0] = k0 ^ 0x70736575;
  v[1] = k1 ^ 0x736f6d65;
  v[2] = k2 ^ 0x6e646f6d;
  v[3] = k3 ^ 0x646f7261;
  v[4] = k0 ^ 0x6e657261;
  v[5] = k1 ^ 0x6c796765;
  v[6] = k2 ^ 0x79746573;
  v[7] = k3 ^ 0x74656462;
  const whole = words.length & ~1;
  for (let i = 0; i < whole; i += 2) compress(words[i]!, words[i + 1]!);
  // The last block ends with the length in bytes.
  compress(words[whole] ?? 0, words.length << 26);
  v[4]! ^= 0xff;
  for (let rounds = 0; rounds < 4; rounds++) round();
  return v[0]! ^ v[2]! ^ v[4]! ^ v[6]!;
}

const v = new Int32Array(8);

function compress(low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  round();
  round();
  v[0]! ^= low;
  v[1]! ^= high;
}

function round(): void {
  mix(0, 2, 13);
  swapHalves(0);
  mix(4, 6, 16);
  mix(0, 6, 21);
  mix(4, 2, 17);
  swapHalves(4);
}

/** Adds b to a; b is then rotated to the left by `bits`, and a laid over it. */
function mix(a: number, b: number, bits: number): void {
  const [low, high] = [v[b]!, v[b + 1]!];
  const sum = (v[a]! >>> 0) + (low >>> 0);
  v[a] = sum;
  v[a + 1]! += high + (sum > 0xffff_ffff ? 1 : 0);
  v[b] = ((low << bits) | (high >>> (32 - bits))) ^ v[a]!;
  v[b + 1] = ((high << bits) | (low >>> (32 - bits))) ^ v[a + 1]!;
}

/** Rotates by 32 bits. */
function swapHalves(a: number): void {
  const low = v[a]!;
  v[a] = v[a + 1]!;
  v[a + 1] = low;
}
