import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reassembly } from '../../src/ip/reassembly.ts';
import { type Ipv4Datagram, MORE_FRAGMENTS, parseIpv4 } from '../../src/wire/ipv4.ts';
import { datagram } from '../support/datagram.ts';

function fragment(offset: number, content: Uint8Array, more: boolean, identification = 7): Ipv4Datagram {
  const bytes = datagram(content, {
    identification,
    fragmentOffset: offset,
    flags: more ? MORE_FRAGMENTS : 0,
  });
  return parseIpv4(bytes, () => undefined)!;
}

function cut(content: Uint8Array, size: number): Ipv4Datagram[] {
  const count = Math.ceil(content.length / size);
  return Array.from({ length: count }, (_, i) =>
    fragment(i * size, content.subarray(i * size, (i + 1) * size), i < count - 1),
  );
}

function fresh() {
  const reasons: string[] = [];
  return { reasons, reassembly: new Reassembly((reason) => void reasons.push(reason) as undefined) };
}

const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 255);

test('a datagram that is complete is delivered, however full the store is, and leaves its room to others', () => {
  const { reassembly, reasons } = fresh();
  const begin = (identification: number, length: number) =>
    reassembly.add(fragment(0, bytes(length), true, identification), 0);
  begin(1, 60_000);
  for (const identification of [2, 3, 4]) begin(identification, 65_000);
  begin(5, 7000);
  const whole = reassembly.add(fragment(60_000, bytes(5000), false, 1), 0);
  assert.equal(whole?.payload.length, 65_000);
  assert.deepEqual(reasons, []);
  // 202,000 octets are kept; the fourth of these would be more than 262,144 with the others.
  for (const identification of [6, 7, 8, 9]) begin(identification, 15_000);
  assert.deepEqual(reasons, []);
  begin(10, 1000);
  assert.deepEqual(reasons, ['ip-fragments-full']);
});

test('fragments in any order, some twice, make the datagram, octet for octet, of any size (hazard 20)', () => {
  const cases = fc.tuple(
    fc.integer({ min: 17, max: 3000 }),
    fc.integer({ min: 1, max: 20 }),
    fc.infiniteStream(fc.nat()),
  );
  fc.assert(
    fc.property(cases, ([length, units, order]) => {
      const content = bytes(length);
      const pieces = cut(content, units * 8);
      if (pieces.length < 2) return;
      const shuffled = pieces
        .map((piece) => [order.next().value!, piece] as const)
        .sort((a, b) => a[0] - b[0]);
      const { reassembly } = fresh();
      let whole: Ipv4Datagram | undefined;
      for (const [key, piece] of shuffled) {
        if (key % 3 === 0 && !whole) reassembly.add(piece, 0);
        whole = reassembly.add(piece, 0) ?? whole;
      }
      // A last fragment that comes again after the whole begins a datagram that is never finished.
      if (whole) assert.deepEqual(whole.payload, content);
    }),
  );
});

test('each fragment once, in order: the whole, with the header of the first', () => {
  for (const length of [1449, 2000, 65_515]) {
    const { reassembly, reasons } = fresh();
    const wholes = cut(bytes(length), 8 * 181).map((piece) => reassembly.add(piece, 0));
    const whole = wholes.pop();
    assert.deepEqual(whole?.payload, bytes(length));
    assert.deepEqual([whole?.flags, whole?.fragmentOffset, whole?.protocol], [0, 0, 6]);
    assert.ok(wholes.every((early) => early === undefined));
    assert.equal(reassembly.deadline(), Number.POSITIVE_INFINITY);
    assert.deepEqual(reasons, []);
  }
});

/** All orders of `list`. */
function permutations<T>(list: T[]): T[][] {
  if (list.length < 2) return [list];
  return list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}

test('all orders of five fragments of odd sizes, each fragment twice but the one that completes it', () => {
  const content = bytes(77);
  const spans = [
    [0, 8],
    [8, 32],
    [32, 48],
    [48, 72],
    [72, 77],
  ] as const;
  for (const order of permutations([...spans])) {
    const { reassembly, reasons } = fresh();
    const add = ([from, to]: readonly [number, number]) =>
      reassembly.add(fragment(from, content.subarray(from, to), to < 77), 0);
    for (const span of order.slice(0, 4)) for (let i = 0; i < 2; i++) assert.equal(add(span), undefined);
    assert.deepEqual(add(order[4]!)?.payload, content);
    assert.deepEqual(reasons, new Array(4).fill('ip-fragment-duplicate'));
  }
});

test('fragments of other datagrams do not mix', () => {
  const { reassembly } = fresh();
  reassembly.add(fragment(0, bytes(8), true, 1), 0);
  assert.equal(reassembly.add(fragment(8, bytes(8), false, 2), 0), undefined);
  assert.equal(reassembly.add(fragment(8, bytes(8), false, 1), 0)?.payload.length, 16);
});

const ATTACKS: [string, [offset: number, length: number, more: boolean][], string][] = [
  [
    'teardrop: a second inside the first',
    [
      [0, 40, true],
      [8, 8, false],
    ],
    'ip-fragment-overlap',
  ],
  [
    'an overlap by eight',
    [
      [0, 16, true],
      [8, 16, true],
    ],
    'ip-fragment-overlap',
  ],
  ['ping of death: beyond 65,535', [[65_528, 800, false]], 'ip-fragment-length'],
  ['not a multiple of eight', [[0, 9, true]], 'ip-fragment-length'],
  ['empty', [[8, 0, true]], 'ip-fragment-length'],
  [
    'two different ends',
    [
      [8, 8, false],
      [16, 8, false],
    ],
    'ip-fragment-overlap',
  ],
  [
    'more behind the end',
    [
      [8, 8, false],
      [24, 8, true],
    ],
    'ip-fragment-overlap',
  ],
  [
    'an end before what came',
    [
      [24, 8, true],
      [8, 8, false],
    ],
    'ip-fragment-overlap',
  ],
];
for (const [name, pieces, reason] of ATTACKS) {
  test(`${name} is dropped and counted, and the datagram with it`, () => {
    const { reassembly, reasons } = fresh();
    for (const [offset, length, more] of pieces) {
      assert.equal(reassembly.add(fragment(offset, bytes(length), more), 0), undefined);
    }
    assert.deepEqual(reasons, [reason]);
  });
}

test('a datagram that was spoilt by an overlap stays refused, whatever still comes', () => {
  const { reassembly, reasons } = fresh();
  for (const [offset, more] of [
    [0, true],
    [8, true],
    [16, false],
  ] as const) {
    reassembly.add(fragment(offset, bytes(16), more), 0);
  }
  assert.equal(reassembly.add(fragment(8, bytes(8), true), 0), undefined);
  assert.ok(reasons.every((reason) => reason === 'ip-fragment-overlap'));
});

test('a flood of first fragments costs bounded memory, and the next datagram is put together', () => {
  const { reassembly, reasons } = fresh();
  for (let identification = 0; identification < 5000; identification++) {
    reassembly.add(fragment(0, bytes(1480), true, identification), 0);
  }
  assert.equal(reasons.filter((reason) => reason === 'ip-fragments-full').length, 5000 - 16);
  reassembly.add(fragment(0, bytes(8), true, 9999), 1);
  assert.ok(reassembly.add(fragment(8, bytes(8), false, 9999), 1));
});

test('an incomplete datagram is given up after 30 s, and its first fragment reported', () => {
  const { reassembly, reasons } = fresh();
  reassembly.add(fragment(0, bytes(8), true), 1000);
  assert.equal(reassembly.deadline(), 31_000);
  const reported: Ipv4Datagram[] = [];
  reassembly.expire(30_999, (first) => reported.push(first));
  assert.deepEqual(reasons, []);
  reassembly.expire(31_000, (first) => reported.push(first));
  assert.deepEqual(reasons, ['ip-fragment-timeout']);
  assert.equal(reported.length, 1);
});
