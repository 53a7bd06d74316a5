import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksum, pseudoHeaderSum, sum16 } from '../../src/wire/checksum.ts';

/** RFC 1071 §4.1, word for word. */
function naive(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = Math.floor(sum / 65_536) + (sum % 65_536);
  return 0xffff - sum;
}

test("RFC 1071's own example", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(checksum(sum16(bytes)), ~0xddf2 & 0xffff);
});

test('any bytes, odd lengths too, sum as they do word by word', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      assert.equal(checksum(sum16(bytes)), naive(bytes));
    }),
  );
});

test('parts of even length sum to the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(300), (bytes, half) => {
      const cut = Math.min(2 * half, bytes.length & ~1);
      assert.equal(sum16(bytes, sum16(bytes, 0, 0, cut), cut), sum16(bytes));
    }),
  );
});

test('the largest datagram does not overflow the sum', () => {
  assert.equal(checksum(sum16(new Uint8Array(65_534).fill(0xff))), 0);
});

test('bytes with their checksum in them sum to zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 100 }), (bytes) => {
      bytes[0] = bytes[1] = 0;
      const sum = checksum(sum16(bytes));
      bytes[0] = sum >> 8;
      bytes[1] = sum & 255;
      assert.equal(checksum(sum16(bytes)), 0);
    }),
  );
});

test('the pseudo-header sums like the bytes that it stands for', () => {
  const [source, destination] = [0xc0a80701, 0xfffefdfc];
  const bytes = Uint8Array.of(192, 168, 7, 1, 255, 254, 253, 252, 0, 6, 0x05, 0xb4);
  assert.equal(checksum(pseudoHeaderSum(source, destination, 6, 0x5b4)), checksum(sum16(bytes)));
});
