import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksum, sum16 } from '../../src/wire/checksum.ts';
import {
  DONT_FRAGMENT,
  type Ipv4Datagram,
  type Ipv4DropReason,
  MORE_FRAGMENTS,
  parseIpv4,
  writeIpv4Header,
} from '../../src/wire/ipv4.ts';
import { outcomeOf } from '../support/outcome-of.ts';

const outcome = (bytes: Uint8Array) => outcomeOf<Ipv4DropReason, object>((drop) => parseIpv4(bytes, drop));

function datagram(payload = new Uint8Array(20).fill(7)): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  bytes.set(payload, 20);
  writeIpv4Header(bytes, { source: 1, destination: 2, protocol: 6, ttl: 64, identification: 3, flags: 0 });
  return bytes;
}

/** Sets the header's checksum right again. */
function seal(bytes: Uint8Array): Uint8Array {
  const length = Math.min((bytes[0]! & 15) * 4, bytes.length);
  new DataView(bytes.buffer).setUint16(10, 0);
  new DataView(bytes.buffer).setUint16(10, checksum(sum16(bytes, 0, 0, length)));
  return bytes;
}

test('what is written is read back', () => {
  const headers = fc.record(
    {
      source: fc.nat(0xffffffff),
      destination: fc.nat(0xffffffff),
      protocol: fc.nat(255),
      ttl: fc.nat(255),
      identification: fc.nat(65_535),
      flags: fc.constantFrom(0, DONT_FRAGMENT, MORE_FRAGMENTS, DONT_FRAGMENT | MORE_FRAGMENTS),
      fragmentOffset: fc.nat(8191).map((units) => units * 8),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 100 }), (header, payload) => {
      const bytes = new Uint8Array(20 + payload.length);
      bytes.set(payload, 20);
      writeIpv4Header(bytes, header);
      const parsed = outcome(bytes) as Ipv4Datagram;
      assert.deepEqual({ ...parsed }, { ...header, bytes, headerLength: 20 });
      assert.deepEqual(parsed.payload, payload);
    }),
  );
});

test('any bytes are read or refused under one reason, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void outcome(bytes)));
});

for (let words = 0; words < 16; words++) {
  for (const length of [20, 40, 60]) {
    const isSound = words >= 5 && words * 4 <= length;
    test(`a header length of ${words} words in ${length} octets is ${isSound ? 'read' : 'refused'} (hazard 18)`, () => {
      const bytes = datagram(new Uint8Array(length - 20));
      bytes[0] = 0x40 | words;
      const result = outcome(seal(bytes));
      if (isSound) assert.equal((result as { headerLength: number }).headerLength, words * 4);
      else assert.equal(result, 'ip-header-length');
    });
  }
}

for (let off = -40; off <= 40; off++) {
  test(`a total length ${off} off the length received (hazard 19)`, () => {
    const bytes = datagram(new Uint8Array(30));
    new DataView(bytes.buffer).setUint16(2, 50 + off);
    const result = outcome(seal(bytes));
    if (off > 0 || off < -30) assert.equal(result, 'ip-total-length');
    else assert.equal((result as { payload: Uint8Array }).payload.length, 30 + off, 'padding is cut off');
  });
}

for (let version = 0; version < 16; version++) {
  if (version === 4) continue;
  test(`version ${version} is refused`, () => {
    const bytes = datagram();
    bytes[0] = (version << 4) | 5;
    assert.equal(outcome(seal(bytes)), 'ip-version');
  });
}

for (let length = 0; length < 20; length++) {
  test(`${length} octets are no header`, () => {
    assert.equal(outcome(datagram().subarray(0, length)), 'ip-truncated');
  });
}

test('every single-bit error in the header is refused under exactly one reason', () => {
  for (let bit = 0; bit < 160; bit++) {
    const bytes = datagram();
    bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
    assert.equal(typeof outcome(bytes), 'string', `bit ${bit}`);
  }
});
