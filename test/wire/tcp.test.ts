import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checksum, sum16 } from '../../src/wire/checksum.ts';
import {
  Flag,
  headerLengthWith,
  parseSegment,
  type Segment,
  segmentLength,
  type TcpDropReason,
  type TcpOptions,
  writeSegment,
} from '../../src/wire/tcp.ts';
import { outcomeOf } from '../support/outcome-of.ts';

const SUM = 12_345;
const outcome = (bytes: Uint8Array) =>
  outcomeOf<TcpDropReason, Segment>((drop) => parseSegment(bytes, SUM, drop));
const parsed = (bytes: Uint8Array) => {
  const result = outcome(bytes);
  assert.ok(typeof result === 'object', `refused: ${result}`);
  return result;
};

/** A segment with `options` octet for octet, padded to a word by END. */
function segmentWith(options: number[], textLength = 0): Uint8Array {
  const headerLength = 20 + Math.ceil(options.length / 4) * 4;
  const bytes = new Uint8Array(headerLength + textLength).fill(0x55, headerLength);
  bytes.set(options, 20);
  bytes[12] = (headerLength / 4) << 4;
  bytes[13] = Flag.ACK;
  return seal(bytes);
}

function seal(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  view.setUint16(16, 0);
  view.setUint16(16, checksum(sum16(bytes, SUM)));
  return bytes;
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const port = fc.nat(65_535);
const options: fc.Arbitrary<TcpOptions> = fc
  .record(
    {
      mss: port,
      windowScale: fc.nat(14),
      sackPermitted: fc.constant(true),
      timestamps: fc.record({ value: int32, echo: int32 }, { noNullPrototype: true }),
      sack: fc.array(int32, { minLength: 2, maxLength: 4 }).filter((edges) => edges.length % 2 === 0),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .filter((chosen) => headerLengthWith(chosen) <= 60);

test('what is written is read back', () => {
  const headers = fc.record(
    {
      sourcePort: port,
      destinationPort: port,
      seq: int32,
      ack: int32,
      flags: fc.nat(0x3f),
      window: port,
      options,
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 60 }), (header, text) => {
      const bytes = new Uint8Array(headerLengthWith(header.options) + text.length);
      bytes.set(text, bytes.length - text.length);
      writeSegment(bytes, header, SUM);
      assert.deepEqual(parsed(bytes), { ...header, text });
    }),
  );
});

test('any bytes are read or refused under one reason, and never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void outcome(bytes)));
});

test('any options are read without a throw, whatever follows', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { maxLength: 40 }), (bytes) => {
      assert.equal(parsed(segmentWith(bytes, 3)).text.length, 3);
    }),
    { numRuns: 1000 },
  );
});

for (let words = 0; words < 16; words++) {
  for (const length of [20, 36, 60]) {
    const isSound = words >= 5 && words * 4 <= length;
    test(`a data offset of ${words} in ${length} octets is ${isSound ? 'read' : 'refused'} (hazard 27)`, () => {
      const bytes = new Uint8Array(length);
      bytes[12] = words << 4;
      const result = outcome(seal(bytes));
      if (isSound) assert.equal((result as Segment).text.length, length - words * 4);
      else assert.equal(result, 'tcp-data-offset');
    });
  }
}

for (let length = 0; length < 20; length++) {
  test(`${length} octets are no segment`, () => {
    assert.equal(outcome(segmentWith([]).subarray(0, length)), 'tcp-truncated');
  });
}

test('every single-bit error is refused under exactly one reason', () => {
  const sound = segmentWith([2, 4, 5, 0xb4], 8);
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const bytes = sound.slice();
    bytes[bit >> 3]! ^= 0x80 >> (bit & 7);
    assert.ok(['tcp-checksum', 'tcp-data-offset'].includes(outcome(bytes) as string), `bit ${bit}`);
  }
});

test('every single-bit error that the pseudo-header shows is refused', () => {
  for (let bit = 0; bit < 16; bit++) {
    const result = outcomeOf<TcpDropReason, Segment>((drop) =>
      parseSegment(segmentWith([]), SUM ^ (1 << bit), drop),
    );
    assert.equal(result, 'tcp-checksum');
  }
});

const ALL = [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4];
const ALL_READ: TcpOptions = {
  mss: 1460,
  windowScale: 7,
  sackPermitted: true,
  timestamps: { value: 1, echo: 2 },
  sack: [3, 4],
};

test('options of all kinds are read', () => {
  assert.deepEqual(parsed(segmentWith(ALL)).options, ALL_READ);
});

for (let cut = 0; cut < ALL.length; cut++) {
  test(`options cut off after ${cut} octets give those that are whole (hazard 26)`, () => {
    // The cut falls on the end of the header: NOPs in front, so that nothing pads the rest.
    const nops = new Array<number>((4 - (cut % 4)) % 4).fill(1);
    const { options: read } = parsed(segmentWith([...nops, ...ALL.slice(0, cut)], 20));
    const ends: [keyof TcpOptions, number][] = [
      ['mss', 4],
      ['windowScale', 8],
      ['sackPermitted', 10],
      ['timestamps', 20],
      ['sack', 30],
    ];
    const whole = ends.filter(([, end]) => end <= cut).map(([name]) => [name, ALL_READ[name]]);
    assert.deepEqual(read, Object.fromEntries(whole));
  });
}

for (const kind of [2, 3, 4, 5, 8, 42, 255]) {
  for (const length of [0, 1, 255]) {
    test(`option ${kind} of length ${length} ends the options (hazard 22, 26)`, () => {
      const bytes = segmentWith([2, 4, 1, 0, kind, length, 9, 9, 3, 3, 5, 1]);
      assert.deepEqual(parsed(bytes).options, { mss: 256 });
    });
  }
}

for (const [title, bytes, expected] of [
  ['an unknown kind is skipped (MUST-6)', [254, 6, 1, 2, 3, 4, 2, 4, 1, 0], { mss: 256 }],
  ['a known kind of an odd length is skipped', [2, 3, 1, 2, 4, 1, 0, 1], { mss: 256 + 0 }],
  ['a window scale above 14 is 14 (RFC 7323 §2.3)', [3, 3, 15, 0], { windowScale: 14 }],
  ['a SACK without blocks is none', [5, 2, 1, 1], {}],
  ['a SACK of half a block is none', [5, 6, 0, 0, 0, 1, 1, 1], {}],
  ['behind END nothing is read', [0, 2, 4, 1, 0], {}],
  ['options need no alignment (MUST-64)', [1, 2, 4, 1, 0, 3, 3, 7], { mss: 256, windowScale: 7 }],
  ['the last of two counts', [2, 4, 1, 0, 2, 4, 2, 0], { mss: 512 }],
] as [string, number[], TcpOptions][]) {
  test(title, () => assert.deepEqual(parsed(segmentWith(bytes)).options, expected));
}

test('SYN and FIN count as an octet each (RFC 9293 §3.4)', () => {
  const text = new Uint8Array(5);
  const lengths = [0, Flag.SYN, Flag.FIN, Flag.SYN | Flag.FIN, Flag.ACK | Flag.PSH | Flag.RST].map((flags) =>
    segmentLength({ ...parsed(segmentWith([])), flags, text }),
  );
  assert.deepEqual(lengths, [5, 6, 6, 7, 5]);
});
