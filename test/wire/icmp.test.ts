import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type IcmpDropReason, isIcmpQuery, parseIcmp, writeIcmp } from '../../src/wire/icmp.ts';
import { outcomeOf } from '../support/outcome-of.ts';

const outcome = (bytes: Uint8Array) => outcomeOf<IcmpDropReason, object>((drop) => parseIcmp(bytes, drop));

function message(length = 12): Uint8Array {
  const bytes = new Uint8Array(8 + length);
  writeIcmp(bytes, { type: 8, code: 0, rest: [1, 2], body: new Uint8Array(length).fill(9) });
  return bytes;
}

test('what is written is read back', () => {
  const word = fc.nat(65_535);
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(255),
      fc.tuple(word, word),
      fc.uint8Array({ maxLength: 99 }),
      (type, code, rest, body) => {
        const bytes = new Uint8Array(8 + body.length);
        writeIcmp(bytes, { type, code, rest, body });
        assert.deepEqual(outcome(bytes), { type, code, rest, body });
      },
    ),
  );
});

test('any bytes are read or refused under one reason, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void outcome(bytes)));
});

for (let length = 0; length < 8; length++) {
  test(`${length} octets are no message`, () => {
    assert.equal(outcome(message().subarray(0, length)), 'icmp-truncated');
  });
}

test('every single-bit error is refused', () => {
  for (let bit = 0; bit < 160; bit++) {
    const bytes = message();
    bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
    assert.equal(outcome(bytes), 'icmp-checksum', `bit ${bit}`);
  }
});

test('only the queries that are known count as none of an error (RFC 1122 §3.2.2)', () => {
  const queries = Array.from({ length: 256 }, (_, type) => type).filter(isIcmpQuery);
  assert.deepEqual(queries, [0, 8, 13, 14, 15, 16, 17, 18]);
});
