import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksum, sum16 } from '../../src/wire/checksum.ts';
import { headerLengthWith, parseSegment, type TcpOptions, writeSegment } from '../../src/wire/tcp.ts';
import { segmentBytes, sumFor } from '../support/datagram.ts';

function parse(bytes: Uint8Array) {
  const reasons: string[] = [];
  const parsed = parseSegment(
    bytes,
    sumFor(bytes.length),
    (reason) => void reasons.push(reason) as undefined,
  );
  return { parsed, reasons };
}

/** A segment with these bytes of options, and a right checksum. */
function withOptions(...options: number[]): Uint8Array {
  const length = 20 + Math.ceil(options.length / 4) * 4;
  const bytes = new Uint8Array(length + 4);
  bytes.set(segmentBytes());
  bytes.set(options, 20);
  bytes[12] = (length / 4) << 4;
  return withChecksum(bytes);
}

function withChecksum(bytes: Uint8Array): Uint8Array {
  bytes[16] = bytes[17] = 0;
  const sum = checksum(sum16(bytes, sumFor(bytes.length)));
  bytes[16] = sum >> 8;
  bytes[17] = sum & 255;
  return bytes;
}

const number = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const port = fc.integer({ min: 0, max: 65_535 });
const options: fc.Arbitrary<TcpOptions> = fc.record(
  {
    mss: port,
    windowScale: fc.integer({ min: 0, max: 14 }),
    sackPermitted: fc.constant(true),
    timestamps: fc.record({ value: number, echo: number }, { noNullPrototype: true }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('parsing what was written gives it back', () => {
  const fields = fc.record(
    {
      sourcePort: port,
      destinationPort: port,
      seq: number,
      ack: number,
      flags: fc.integer({ min: 0, max: 63 }),
      window: port,
      options: fc.oneof(
        options,
        fc.record(
          {
            sack: fc
              .array(number, { minLength: 2, maxLength: 8 })
              .map((edges) => edges.slice(0, edges.length & ~1)),
          },
          { noNullPrototype: true },
        ),
      ),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fields, fc.uint8Array({ maxLength: 60 }), (segment, text) => {
      const bytes = new Uint8Array(headerLengthWith(segment.options) + text.length);
      bytes.set(text, bytes.length - text.length);
      writeSegment(bytes, segment, sumFor(bytes.length));
      const { text: parsedText, ...parsed } = parse(bytes).parsed!;
      assert.deepEqual({ ...parsed, options: { ...parsed.options } }, segment);
      assert.deepEqual(parsedText, bytes.subarray(bytes.length - text.length));
    }),
  );
});

test('any bytes parse or are dropped for one reason, and never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, repaired) => {
      if (repaired && bytes.length >= 20) withChecksum(bytes);
      const { parsed, reasons } = parse(bytes);
      assert.equal(reasons.length, parsed ? 0 : 1);
    }),
  );
});

test('every single-bit error is dropped, under one reason', () => {
  const good = segmentBytes({ text: Uint8Array.from({ length: 37 }, (_, i) => i), options: { mss: 1460 } });
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(parse(bad).reasons.length, 1, `bit ${bit}`);
  }
});

test('all 16 data offsets: below five words, and beyond the segment, is refused', () => {
  for (let words = 0; words < 16; words++) {
    const bytes = withChecksum(new Uint8Array(40).with(12, words << 4));
    const { parsed, reasons } = parse(bytes);
    if (words < 5 || words > 10) assert.deepEqual(reasons, ['tcp-data-offset']);
    else assert.equal(parsed!.text.length, 40 - words * 4);
  }
});

test('options of length 0, 1 and 255 end the options: no endless loop, no read past the end', () => {
  for (const length of [0, 1, 255]) {
    for (const kind of [2, 3, 4, 5, 8, 77]) {
      assert.deepEqual(
        { ...parse(withOptions(2, 4, 5, 0xb4, kind, length, 0, 0)).parsed!.options },
        { mss: 1460 },
      );
    }
  }
});

test('options cut at every byte never read past the end', () => {
  const all = [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4];
  for (let length = 0; length <= all.length; length++) {
    // The text behind would make nonsense of an option that was read on into it.
    const bytes = withOptions(...all.slice(0, length));
    bytes.fill(0xff, bytes.length - 4);
    const { options } = parse(withChecksum(bytes)).parsed!;
    const numbers = [options.mss, options.windowScale, options.timestamps?.echo, ...(options.sack ?? [])];
    assert.ok(numbers.every((number) => number === undefined || (number & 255) !== 255));
  }
});

test('unknown options are skipped, and known ones of a wrong length', () => {
  assert.deepEqual({ ...parse(withOptions(77, 3, 9, 2, 4, 5, 0xb4)).parsed!.options }, { mss: 1460 });
  assert.deepEqual(
    { ...parse(withOptions(2, 3, 5, 3, 4, 7, 7, 4, 2)).parsed!.options },
    { sackPermitted: true },
  );
});

test('options need no alignment', () => {
  assert.deepEqual(
    { ...parse(withOptions(1, 2, 4, 5, 0xb4, 3, 3, 7)).parsed!.options },
    { mss: 1460, windowScale: 7 },
  );
});

test('a window scale beyond 14 is taken as 14 (RFC 7323 §2.3)', () => {
  assert.deepEqual({ ...parse(withOptions(3, 3, 200)).parsed!.options }, { windowScale: 14 });
});
