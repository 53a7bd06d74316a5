/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for short input, as Linux takes it for sequence
 * numbers and cookies. There is one to each SYN, and node:crypto's HMAC takes ten times as long.
 *
 * @param key 16 bytes as four little-endian words
 * @param words the input, 32 bits each, little-endian
 * @returns the low 32 bits of the hash, signed
 */
export function sipHash(key: Int32Array, words: readonly number[]): number {
  const [k0, k1, k2, k3] = [key[0]!, key[1]!, key[2]!, key[3]!];
  // v0 to v3 of 64 bits, their high halves named h. They are variables, and not an array, to stay in registers.
  let [v0, h0, v1, h1] = [k0 ^ 0x70736575, k1 ^ 0x736f6d65, k2 ^ 0x6e646f6d, k3 ^ 0x646f7261];
  let [v2, h2, v3, h3] = [k0 ^ 0x6e657261, k1 ^ 0x6c796765, k2 ^ 0x79746573, k3 ^ 0x74656462];
  const whole = words.length & ~1;
  for (let at = 0; at <= whole + 2; at += 2) {
    // The last block ends with the length in bytes; after it comes none, but four rounds.
    const isEnd = at > whole;
    const low = isEnd ? 0 : (words[at] ?? 0);
    const high = isEnd ? 0 : at < whole ? words[at + 1]! : words.length << 26;
    if (isEnd) v2 ^= 0xff;
    v3 ^= low;
    h3 ^= high;
    for (let rounds = isEnd ? 4 : 2; rounds > 0; rounds--) {
      let sum: number;
      let turned: number;
      // v0 += v1, v1 <<<= 13, v1 ^= v0, v0 <<<= 32
      sum = (v0 + v1) | 0;
      h0 = (h0 + h1 + (sum >>> 0 < v1 >>> 0 ? 1 : 0)) | 0;
      turned = (v1 << 13) | (h1 >>> 19);
      h1 = ((h1 << 13) | (v1 >>> 19)) ^ h0;
      v1 = turned ^ sum;
      v0 = h0;
      h0 = sum;
      // v2 += v3, v3 <<<= 16, v3 ^= v2
      sum = (v2 + v3) | 0;
      h2 = (h2 + h3 + (sum >>> 0 < v3 >>> 0 ? 1 : 0)) | 0;
      turned = (v3 << 16) | (h3 >>> 16);
      h3 = ((h3 << 16) | (v3 >>> 16)) ^ h2;
      v3 = turned ^ sum;
      v2 = sum;
      // v0 += v3, v3 <<<= 21, v3 ^= v0
      sum = (v0 + v3) | 0;
      h0 = (h0 + h3 + (sum >>> 0 < v3 >>> 0 ? 1 : 0)) | 0;
      turned = (v3 << 21) | (h3 >>> 11);
      h3 = ((h3 << 21) | (v3 >>> 11)) ^ h0;
      v3 = turned ^ sum;
      v0 = sum;
      // v2 += v1, v1 <<<= 17, v1 ^= v2, v2 <<<= 32
      sum = (v2 + v1) | 0;
      h2 = (h2 + h1 + (sum >>> 0 < v1 >>> 0 ? 1 : 0)) | 0;
      turned = (v1 << 17) | (h1 >>> 15);
      h1 = ((h1 << 17) | (v1 >>> 15)) ^ h2;
      v1 = turned ^ sum;
      v2 = h2;
      h2 = sum;
    }
    v0 ^= low;
    h0 ^= high;
  }
  return v0 ^ v1 ^ v2 ^ v3;
}
