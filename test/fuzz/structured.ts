import fc from 'fast-check';

/** Inputs of each target as they would be if somebody wrote them: whole pieces, in an order, and some broken. */
export const STRUCTURED: Record<string, fc.Arbitrary<Uint8Array>> = {
  slip: joined(fc.uint8Array({ minLength: 2, maxLength: 2 }), fc.array(slipPiece())),
  vj: fc.oneof(
    joined(fc.constant(Uint8Array.of(0, 0)), fc.array(vjFrame(), { maxLength: 60 })),
    joined(fc.constant(Uint8Array.of(1)), fc.array(vjStep(), { maxLength: 60, size: 'max' })),
  ),
  ipv4: joined(fc.constant(new Uint8Array(0)), fc.array(fc.oneof(fragment(), time(), anything(80)))),
  'tcp-options': joined(
    lengthFirst(options()),
    fc.array(joined(anything(6), fc.tuple(lengthFirst(options())))),
  ),
  stack: fc.uint8Array({ maxLength: 2048, size: 'max' }),
  http: joined(
    fc.tuple(fc.nat(255), fc.constant(0)).map((pair) => Uint8Array.from(pair)),
    fc.array(request(), { maxLength: 4 }),
  ),
};

type Bytes = fc.Arbitrary<Uint8Array>;

function joined(first: Bytes, more: fc.Arbitrary<Uint8Array[]>): Bytes {
  return fc.tuple(first, more).map(([head, rest]) => new Uint8Array(Buffer.concat([head, ...rest])));
}

function lengthFirst(content: Bytes): Bytes {
  return content.map((bytes) => Uint8Array.of(bytes.length, ...bytes));
}

function anything(length: number): Bytes {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function slipPiece(): Bytes {
  const special = fc.constantFrom(0xc0, 0xdb, 0xdc, 0xdd).map((byte) => Uint8Array.of(byte));
  const long = fc.integer({ min: 4000, max: 4200 }).map((length) => new Uint8Array(length));
  return fc.oneof({ weight: 5, arbitrary: special }, fc.uint8Array(), long);
}

/** A length, then a frame of some type (RFC 1144 §3.2.2). */
function vjFrame(): Bytes {
  const type = fc.constantFrom(0x45, 0x75, 0x80, 0xc0, 0xff);
  return fc
    .tuple(type, fc.nat(20), fc.uint8Array({ minLength: 40, maxLength: 80 }))
    .map(([first, slot, rest]) => {
      const frame = Uint8Array.of(first, ...rest);
      if (first === 0x75) frame.set([slot], 9);
      else if (first >= 0xc0) frame[1] = slot;
      // The target reads an odd number of bytes.
      const odd = frame.subarray(0, frame.length - 1 + (frame.length % 2));
      return Uint8Array.of((odd.length - 1) / 2, ...odd);
    });
}

/** A segment of few connections (targets/vj.ts: 24 bytes), each field most often a step that is common. */
function vjStep(): Bytes {
  const step = (common: number) => fields(fc.nat(1), fc.nat(255), mostly(common, 7));
  return joined(
    fields(fc.constantFrom(1, 1, 1, 0), fc.nat(3)),
    fc
      .tuple(step(3), step(0), step(0), fields(fc.nat(1), fc.nat(255), mostly(0, 4)))
      .chain((steps) =>
        fields(fc.nat(255), mostly(0, 4), fc.nat(1), fc.nat(255), mostly(0, 3), fc.nat(255), fc.nat(5)).chain(
          (more) => fields(mostly(0, 2), mostly(0, 2), mostly(0, 3)).map((last) => [...steps, more, last]),
        ),
      ),
  );
}

/** A fragment of one of few datagrams (targets/ipv4.ts: 13 bytes), of 8 bytes or more near its start. */
function fragment(): Bytes {
  return fields(
    fc.constantFrom(1, 2),
    fc.nat(7),
    ...[0, 0].map((byte) => fc.constant(byte)),
    fc.nat(3),
    fc.constant(1),
    fc.nat(255),
    fc.nat(3),
    fc.nat(3),
    ...[0, 0, 0].map((byte) => fc.constant(byte)),
    fc.nat(4),
  );
}

function fields(...bytes: fc.Arbitrary<number>[]): Bytes {
  return fc.tuple(...bytes).map((values) => Uint8Array.from(values));
}

/** `common`, or now and then any other up to `most`. */
function mostly(common: number, most: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(common) }, fc.nat(most));
}

function time(): Bytes {
  return fc.nat(65_535).map((ms) => Uint8Array.of(3, ms >> 8, ms & 255));
}

/** Options with right lengths and with wrong ones (RFC 9293 §3.2), up to 40 bytes. */
function options(): Bytes {
  const kinds: [number, number][] = [
    [2, 4],
    [3, 3],
    [4, 2],
    [5, 10],
    [5, 18],
    [8, 10],
    [30, 5],
  ];
  const one = fc
    .tuple(fc.constantFrom(...kinds), fc.constantFrom(0, 0, 0, 0, -1, 1), anything(16))
    .map(([[kind, length], wrong, content]) => [kind, length + wrong, ...content.subarray(0, length - 2)]);
  const padding = fc.constantFrom([1], [1, 1], [0]);
  return fc.array(fc.oneof(one, padding)).map((list) => Uint8Array.from(list.flat().slice(0, 40)));
}

function request(): Bytes {
  const method = fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'BREW', 'get');
  const segment = fc.constantFrom(
    'a.txt',
    'page',
    'sub',
    '..',
    '%2e%2e',
    '.hidden',
    'link.txt',
    '%2f',
    'echo',
    '%0d%0aX-Fuzz:%20',
    '%3Cfuzz%3E',
    '%',
    'nul',
  );
  const version = fc.constantFrom('1.1', '1.1', '1.1', '1.0', '2.0', '0.9');
  const header = fc.constantFrom(
    'Range: bytes=0-9',
    'Range: bytes=5-',
    'Range: bytes=-5,0-0',
    'If-None-Match: *',
    'Accept-Encoding: gzip',
    'Expect: 100-continue',
    'Connection: close',
    'Host: other',
    'Content-Length: 5',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'X: <fuzz>',
    'If-Modified-Since: Tue, 19 Jan 2038 03:14:08 GMT',
  );
  const body = fc.constantFrom('', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', 'ffffffffffffffff\r\n');
  return fc
    .tuple(method, fc.array(segment, { maxLength: 4 }), version, fc.array(header, { maxLength: 4 }), body)
    .map(([verb, path, number, lines, text]) => {
      const headers = lines.map((line) => `${line}\r\n`).join('');
      return Buffer.from(`${verb} /${path.join('/')} HTTP/${number}\r\nHost: line\r\n${headers}\r\n${text}`);
    });
}
