import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isUnicast, parseAddress } from '../../src/wire/address.ts';
import { parseIpv4, writeIpv4Header } from '../../src/wire/ipv4.ts';
import { datagram, repairChecksum } from '../support/datagram.ts';

function parse(bytes: Uint8Array) {
  const reasons: string[] = [];
  const parsed = parseIpv4(bytes, (reason) => void reasons.push(reason) as undefined);
  return { parsed, reasons };
}

const payload = Uint8Array.from({ length: 60 }, (_, i) => i);

test('parsing what was written gives it back', () => {
  const word = fc.integer({ min: 0, max: 0xffff });
  const address = fc.integer({ min: 0, max: 0xffffffff });
  const byte = fc.integer({ min: 0, max: 255 });
  const header = fc.record(
    {
      source: address,
      destination: address,
      protocol: byte,
      ttl: byte,
      identification: word,
      flags: fc.constantFrom(0, 0x2000, 0x4000),
      fragmentOffset: fc.integer({ min: 0, max: 8191 }).map((units) => units * 8),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 100 }), (fields, content) => {
      const bytes = new Uint8Array(20 + content.length);
      bytes.set(content, 20);
      writeIpv4Header(bytes, fields);
      const { header: _, payload: parsedPayload, ...parsed } = parse(bytes).parsed!;
      assert.deepEqual({ ...parsed }, fields);
      assert.deepEqual(parsedPayload, bytes.subarray(20));
    }),
  );
});

test('any bytes parse or are dropped for one reason, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const { parsed, reasons } = parse(bytes);
      assert.equal(reasons.length, parsed ? 0 : 1);
    }),
  );
});

test('every single-bit error in the header is found', () => {
  const good = datagram(payload);
  for (let bit = 0; bit < 160; bit++) {
    const bad = good.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(parse(bad).reasons.length, 1, `bit ${bit}`);
  }
});

test('all 16 header lengths: below five words, and beyond the datagram, is refused', () => {
  for (let words = 0; words < 16; words++) {
    for (const length of [20, 40, 60, 80]) {
      const bytes = datagram(new Uint8Array(length - 20));
      bytes[0] = 0x40 | words;
      repairChecksum(bytes);
      const { parsed, reasons } = parse(bytes);
      if (words < 5 || words * 4 > length) assert.deepEqual(reasons, ['ip-header-length']);
      else assert.equal(parsed!.payload.length, length - words * 4);
    }
  }
});

test('a total length beyond what arrived is refused, padding behind it is trimmed', () => {
  for (const difference of [1, 2, 7, 40]) {
    const short = datagram(payload);
    assert.deepEqual(parse(short.subarray(0, short.length - difference)).reasons, ['ip-total-length']);
    const padded = new Uint8Array(short.length + difference);
    padded.set(short);
    assert.deepEqual(parse(padded).parsed!.payload, short.subarray(20));
  }
});

test('other versions are refused', () => {
  for (const version of [0, 5, 6, 15]) {
    const bytes = datagram(payload);
    bytes[0] = (version << 4) | 5;
    assert.deepEqual(parse(bytes).reasons, ['ip-version']);
  }
});

test('addresses are read and written as dotted quads', () => {
  fc.assert(fc.property(fc.ipV4(), (text) => assert.equal(formatAddress(parseAddress(text)), text)));
  for (const text of ['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '1.2.3.x', ' 1.2.3.4', '1.2.3.4 ', '-1.2.3.4']) {
    assert.throws(() => parseAddress(text), RangeError);
  }
});

test('which addresses can be a host’s', () => {
  for (const text of ['1.0.0.1', '10.0.0.1', '192.168.7.1', '223.255.255.254'])
    assert.ok(isUnicast(parseAddress(text)));
  for (const text of [
    '0.0.0.0',
    '0.1.2.3',
    '127.0.0.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
  ]) {
    assert.ok(!isUnicast(parseAddress(text)));
  }
});
