import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SynCookies, timestampWithScale } from '../../src/tcp/cookies.ts';
import { KeyedHash } from '../../src/tcp/isn.ts';
import { add } from '../../src/tcp/seq.ts';
import { Flag, type Segment, type TcpOptions } from '../../src/wire/tcp.ts';
import { fixedRandom } from '../support/wire.ts';

const tuple = { localPort: 80, remoteAddress: 0xc0a80701, remotePort: 50_000 };
const IRS = 0x7fffffff;
const NOW = 1_000_000;

const newCookies = (timestamps = false) => new SynCookies(new KeyedHash(fixedRandom(1)(32)), timestamps);

/** The acknowledgment of `cookie`. */
function acknowledgment(cookie: number, options: TcpOptions = {}): Segment {
  const ports = { sourcePort: tuple.remotePort, destinationPort: tuple.localPort };
  const text = new Uint8Array(0);
  return { ...ports, seq: add(IRS, 1), ack: add(cookie, 1), flags: Flag.ACK, window: 1000, options, text };
}

test('a cookie brings back what the SYN offered: the class of its MSS, and SACK', () => {
  const cookies = newCookies();
  for (const [mss, known] of [
    [1460, 1460],
    [1400, 1360],
    [536, 536],
    [535, 256],
    [47, 48],
    [undefined, 536],
  ] as const)
    for (const sackPermitted of [true, false]) {
      const offer: TcpOptions = mss === undefined ? { sackPermitted } : { mss, sackPermitted };
      const segment = acknowledgment(cookies.issue(tuple, IRS, offer, NOW));
      assert.deepEqual(cookies.offered(tuple, segment, NOW + 5000), { mss: known, sackPermitted });
    }
});

test('where timestamps are in use, theirs bring back the window scale', () => {
  const cookies = newCookies(true);
  for (const scale of [0, 7, 14, undefined])
    for (let now = NOW; now < NOW + 40; now++) {
      const echo = timestampWithScale(now, scale);
      assert.ok(echo <= now && echo > now - 16);
      const segment = acknowledgment(cookies.issue(tuple, IRS, {}, now), { timestamps: { value: 5, echo } });
      const offered = cookies.offered(tuple, segment, now + 100);
      assert.equal(offered?.windowScale, scale);
      assert.equal(offered?.timestamps?.value, 5);
    }
});

test('a cookie is good for its connection, its SYN and its key alone', () => {
  const cookies = newCookies();
  const cookie = cookies.issue(tuple, IRS, { mss: 1460 }, NOW);
  const segment = acknowledgment(cookie);
  assert.ok(cookies.offered(tuple, segment, NOW));
  assert.equal(cookies.offered({ ...tuple, remotePort: 50_001 }, segment, NOW), undefined);
  assert.equal(cookies.offered({ ...tuple, remoteAddress: 0xc0a80703 }, segment, NOW), undefined);
  assert.equal(cookies.offered({ ...tuple, localPort: 81 }, segment, NOW), undefined);
  assert.equal(cookies.offered(tuple, { ...segment, seq: add(segment.seq, 1) }, NOW), undefined);
  for (let bit = 0; bit < 32; bit++)
    assert.equal(cookies.offered(tuple, acknowledgment(cookie ^ (1 << bit)), NOW), undefined, `bit ${bit}`);
  const others = new SynCookies(new KeyedHash(fixedRandom(2)(32)), false);
  others.issue(tuple, IRS, { mss: 1460 }, NOW);
  assert.equal(others.offered(tuple, segment, NOW), undefined);
});

test('a cookie is taken for a minute at least, and for two at most', () => {
  for (let issuedAt = NOW; issuedAt < NOW + 130_000; issuedAt += 10_000) {
    const cookies = newCookies();
    const segment = acknowledgment(cookies.issue(tuple, IRS, {}, issuedAt));
    assert.ok(cookies.offered(tuple, segment, issuedAt + 60_000));
    cookies.issue({ ...tuple, remotePort: 1 }, IRS, {}, issuedAt + 128_000);
    assert.equal(cookies.offered(tuple, segment, issuedAt + 128_000), undefined);
  }
});

test('while no cookie is on its way back, none is looked for', () => {
  const cookies = newCookies();
  assert.equal(cookies.areOut(NOW), false);
  cookies.issue(tuple, IRS, {}, NOW);
  assert.equal(cookies.areOut(NOW + 60_000), true);
  assert.equal(cookies.areOut(NOW + 130_000), false);
});
