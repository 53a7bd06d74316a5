import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VjCompressor } from '../../src/line/vj-compressor.ts';
import type { TcpOptions } from '../../src/wire/tcp.ts';
import { hex, type Packet, PLAIN, packet, receiver } from '../support/vj.ts';

const timestamps = { value: 1, echo: 2 };

/** Segments of some connections, each a step from the one before it, as senders make them, and some as they do not. */
const step = fc.record(
  {
    sourcePort: fc.integer({ min: 0, max: 18 }),
    seq: fc.oneof(fc.constant('text' as const), fc.constantFrom(0, 1, -1, 300, 70_000)),
    ack: fc.constantFrom(0, 0, 1, 100, 536, 65_535, 65_536, -5),
    window: fc.constantFrom(0, 0, 0, 1, -1, 1000),
    id: fc.constantFrom(1, 1, 1, 0, 2, 300, -1),
    text: fc.constantFrom(0, 0, 1, 100, 256, 1460),
    flags: fc.constantFrom(16, 16, 16, 16, 24, 48, 56, 17, 2, 4, 16 | 64),
    urgent: fc.constantFrom(0, 0, 0, 1, 500),
    ttl: fc.constantFrom(64, 64, 64, 64, 63),
    options: fc.constantFrom<TcpOptions>({}, {}, {}, { timestamps }, { sack: [1, 2] }),
  },
  { noNullPrototype: true },
);
const steps = fc.array(step, { minLength: 1, maxLength: 80 });

function* packets(course: typeof steps extends fc.Arbitrary<infer S> ? S : never): Generator<Uint8Array> {
  const last = new Map<number, Packet>();
  for (const s of course) {
    const before = last.get(s.sourcePort) ?? { ...PLAIN, seq: -200, ack: -700 };
    const next = {
      ...before,
      ...s,
      seq: (before.seq + (s.seq === 'text' ? (before.text as number) : s.seq)) | 0,
      ack: (before.ack + s.ack) | 0,
      window: (before.window + s.window) & 0xffff,
      id: (before.id + s.id) & 0xffff,
    };
    last.set(s.sourcePort, next);
    yield packet(next);
  }
}

test('vj: decompression after compression is the identity', () => {
  fc.assert(
    fc.property(steps, (course) => {
      const compressor = new VjCompressor();
      const { receive, dropped } = receiver();
      for (const original of packets(course)) {
        const sent = compressor.compress(original);
        assert.ok(sent.length <= original.length);
        assert.equal(hex(receive(sent)), hex(original));
      }
      assert.deepEqual(dropped, []);
    }),
    { numRuns: 300 },
  );
});

test('vj: after a loss nothing wrong passes for right, and an uncompressed packet sets its connection right', () => {
  fc.assert(
    fc.property(steps, fc.nat(79), (course, lostAt) => {
      const compressor = new VjCompressor();
      const { decompressor, receive } = receiver();
      let toss = false;
      const doubtful = new Set<number>();
      [...packets(course)].forEach((original, i) => {
        const sent = compressor.compress(original);
        const port = original[20]! * 256 + original[21]!;
        if (i === lostAt) {
          decompressor.lost();
          doubtful.add(port);
          toss = true;
          return;
        }
        const tossed = toss && (sent[0]! & 0xc0) === 0x80;
        if (sent[0]! >= 0x70 && !tossed) toss = false;
        if (tossed) doubtful.add(port);
        if (sent[0]! >> 4 === 7) doubtful.delete(port);
        const received = receive(sent);
        if (tossed) assert.equal(received, undefined);
        else if (sent[0]! < 0x80 || !doubtful.has(port)) assert.equal(hex(received), hex(original));
      });
    }),
    { numRuns: 300 },
  );
});

test('vj: a lost segment of a transfer costs those up to its retransmission, which the checksum guards', () => {
  const compressor = new VjCompressor();
  const { decompressor, receive } = receiver();
  const segment = (n: number) => packet({ seq: n * 100, id: n, text: 100 });
  receive(compressor.compress(segment(0)));
  receive(compressor.compress(segment(1)));
  compressor.compress(segment(2));
  decompressor.lost();
  assert.equal(receive(compressor.compress(segment(3))), undefined, 'tossed');
  const retransmission = packet({ seq: 200, id: 4, text: 100 });
  const sent = compressor.compress(retransmission);
  assert.equal(sent[0]! >> 4, 7);
  assert.equal(hex(receive(sent)), hex(retransmission));
});

test('vj: any bytes are taken without throwing, and never make a datagram that is not one', () => {
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.tuple(fc.nat(), fc.nat(2000), fc.integer({ min: 1, max: 255 }))),
      (course, hits) => {
        const compressor = new VjCompressor();
        const { receive } = receiver();
        [...packets(course)].forEach((original, i) => {
          const sent = compressor.compress(original).slice();
          for (const [at, position, flip] of hits) {
            if (at % course.length === i) sent[position % sent.length]! ^= flip;
          }
          const received = receive(sent);
          if (!received || sent[0]! < 0x70) return;
          assert.equal(received[0]! >> 4, 4);
          if (sent[0]! >= 0x80) assert.equal(received[2]! * 256 + received[3]!, received.length);
        });
      },
    ),
    { numRuns: 300 },
  );
});
