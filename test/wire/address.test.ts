import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isUnicast, parseAddress } from '../../src/wire/address.ts';

test('addresses survive formatting and parsing', () => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (address) => {
      assert.equal(parseAddress(formatAddress(address)), address);
    }),
  );
});

for (const text of [
  '',
  '1.2.3',
  '1.2.3.4.5',
  '256.1.1.1',
  '1.2.3.-4',
  ' 1.2.3.4',
  '1.2.3.4 ',
  '0x1.2.3.4',
  '1..2.3',
  'localhost',
]) {
  test(`not an address: '${text}'`, () => {
    assert.throws(() => parseAddress(text), RangeError);
  });
}

for (const [address, expected] of [
  ['0.0.0.0', false],
  ['0.255.255.255', false],
  ['1.0.0.0', true],
  ['10.0.0.1', true],
  ['126.255.255.255', true],
  ['127.0.0.1', false],
  ['127.255.255.255', false],
  ['128.0.0.0', true],
  ['192.168.7.255', true],
  ['223.255.255.255', true],
  ['224.0.0.1', false],
  ['239.255.255.255', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
] as const) {
  test(`${address} may ${expected ? '' : 'not '}be a host's (RFC 1122 §3.2.1.3)`, () => {
    assert.equal(isUnicast(parseAddress(address)), expected);
  });
}
