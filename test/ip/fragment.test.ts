import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildDatagrams } from '../../src/ip/fragment.ts';
import { Reassembly } from '../../src/ip/reassembly.ts';
import { type Ipv4Datagram, MORE_FRAGMENTS, parseIpv4 } from '../../src/wire/ipv4.ts';

const HEADER = { source: 1 << 24, destination: 2 << 24, protocol: 1, ttl: 9, identification: 77 };
const unexpected = (reason: string): undefined => assert.fail(reason);

function built(length: number, mtu: number): Ipv4Datagram[] {
  const payload = Uint8Array.from({ length }, (_, i) => (i * 7) & 255);
  return buildDatagrams(HEADER, payload, mtu).map((bytes) => {
    assert.ok(bytes.length <= mtu, `${bytes.length} octets exceed the MTU of ${mtu}`);
    return parseIpv4(bytes, unexpected)!;
  });
}

test('what fits goes in one piece, to the octet', () => {
  for (const length of [0, 1, 276]) {
    const [datagram, ...others] = built(length, 296);
    assert.deepEqual([datagram!.payload.length, datagram!.flags, others.length], [length, 0, 0]);
  }
});

test('an octet more goes in two, the first a multiple of eight long', () => {
  const pieces = built(277, 296).map(({ payload, flags, fragmentOffset }) => [
    fragmentOffset,
    payload.length,
    flags,
  ]);
  assert.deepEqual(pieces, [
    [0, 272, MORE_FRAGMENTS],
    [272, 5, 0],
  ]);
});

test('fragments of any size are put together again to what they were', () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.integer({ min: 68, max: 1500 }), (length, mtu) => {
      const pieces = built(length, mtu);
      if (pieces.length === 1) return;
      const reassembly = new Reassembly(unexpected);
      const whole = pieces.map((piece) => reassembly.add(piece, 0)).at(-1)!;
      assert.deepEqual(
        whole.payload,
        Uint8Array.from({ length }, (_, i) => (i * 7) & 255),
      );
      assert.ok(pieces.every((piece) => piece.identification === 77 && piece.ttl === 9));
    }),
    { numRuns: 50 },
  );
});
