import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksum, sum16 } from '../../src/wire/checksum.ts';

/** As RFC 1071 §1 puts it, word by word. */
function plain(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

test('the example of RFC 1071 §3', () => {
  assert.equal(
    checksum(sum16(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))),
    ~0xddf2 & 0xffff,
  );
});

test('any bytes have the checksum that the definition gives them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) =>
      assert.equal(checksum(sum16(bytes)), plain(bytes)),
    ),
  );
});

test('a sum can be carried from one part to the next', () => {
  const parts = fc.tuple(fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 50 }));
  fc.assert(
    fc.property(parts, ([head, tail]) => {
      const even = head.subarray(0, head.length & ~1);
      const whole = Uint8Array.of(...even, ...tail);
      assert.equal(checksum(sum16(tail, sum16(even))), checksum(sum16(whole)));
    }),
  );
});

test('the largest datagram does not overflow the sum', () => {
  const bytes = new Uint8Array(65_535).fill(255);
  assert.equal(checksum(sum16(bytes)), plain(bytes));
});
