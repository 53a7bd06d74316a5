import assert from 'node:assert/strict';
import { Reassembly } from '../../../src/ip/reassembly.ts';
import { Stack } from '../../../src/ip/stack.ts';
import { parseAddress } from '../../../src/wire/address.ts';
import { type Ipv4Datagram, MORE_FRAGMENTS, parseIpv4 } from '../../../src/wire/ipv4.ts';
import { datagram, repairChecksum } from '../../support/datagram.ts';
import { B, fixedRandom } from '../../support/wire.ts';
import { Input } from '../input.ts';

/** What reassembly may hold, in octets, as docs/operating.md says. */
const MOST_OCTETS = 256 * 1024;
/** Longer than anything stays incomplete, ms. */
const LIFE = 31_000;
const PROTOCOLS = [1, 6, 17, 99] as const;

/** Datagrams and fragments of all kinds: nothing throws, nobody gets more than was sent, and only what was sent is put together. */
export function fuzz(bytes: Uint8Array): void {
  const input = new Input(bytes);
  const host = new Host();
  while (!input.ended) {
    const kind = input.byte() % 4;
    if (kind === 0) host.receive(rough(input));
    else if (kind === 3) host.pass(input.number16());
    else host.receive(fragment(input));
  }
  host.pass(LIFE);
  assert.equal(host.deadline, Number.POSITIVE_INFINITY, 'something stays incomplete for ever');
}

class Host {
  readonly #stack = new Stack({ address: B, mtu: 576, random: fixedRandom(1) });
  readonly #reassembly = new Reassembly(() => undefined);
  readonly #received: Ipv4Datagram[] = [];
  #now = 0;

  get deadline(): number {
    return Math.min(this.#stack.deadline(), this.#reassembly.deadline());
  }

  receive(bytes: Uint8Array): void {
    this.#stack.receive(bytes, this.#now);
    this.#transmit();
    const one = parseIpv4(bytes, () => undefined);
    if (one && (one.fragmentOffset > 0 || one.flags & MORE_FRAGMENTS)) this.#assemble(one);
  }

  pass(ms: number): void {
    this.#now += ms;
    this.#stack.expire(this.#now);
    this.#reassembly.expire(this.#now, () => {});
    this.#transmit();
  }

  #assemble(one: Ipv4Datagram): void {
    if (one.payload.length > 0) this.#received.push(one);
    const whole = this.#reassembly.add(one, this.#now);
    assert.ok(this.#reassembly.octets <= MOST_OCTETS, `${this.#reassembly.octets} octets are held`);
    if (!whole) return;
    const own = this.#received.filter((other) => keyOf(other) === keyOf(whole));
    assert.ok(isTiled(whole.payload, 0, own), 'a datagram was put together that nobody sent');
  }

  #transmit(): void {
    const { counters } = this.#stack;
    for (let sent = this.#stack.transmit(this.#now); sent; sent = this.#stack.transmit(this.#now)) {
      assert.ok(sent.length <= 576, 'longer than the MTU');
      const reply = parseIpv4(sent, (reason) => assert.fail(`sent a malformed datagram: ${reason}`))!;
      assert.equal(reply.source, parseAddress(B));
      assert.ok(counters.octetsOut <= 3 * counters.octetsIn, 'more than three times what came is sent');
    }
  }
}

function keyOf({ source, protocol, identification }: Ipv4Datagram): string {
  return `${source} ${protocol} ${identification}`;
}

/** Whether `payload` consists from `at` on of fragments that came, one after the other. */
function isTiled(payload: Uint8Array, at: number, received: Ipv4Datagram[]): boolean {
  if (at === payload.length) return true;
  return received.some(
    (one) =>
      one.fragmentOffset === at &&
      Buffer.compare(one.payload, payload.subarray(at, at + one.payload.length)) === 0 &&
      isTiled(payload, at + one.payload.length, received),
  );
}

/** Any bytes, most often with a right checksum and total length. */
function rough(input: Input): Uint8Array {
  const repairs = input.byte();
  const bytes = input.take(input.byte());
  if (bytes.length < 20 || repairs % 8 === 0) return bytes;
  if (repairs % 2 === 0) bytes.set([0, bytes.length], 2);
  if (repairs % 3 === 0) bytes.set(datagram(new Uint8Array(0)).subarray(12, 20), 12);
  repairChecksum(bytes);
  return bytes;
}

function fragment(input: Input): Uint8Array {
  const more = input.byte() % 4 === 0 ? 0 : MORE_FRAGMENTS;
  const size = input.pick([8, 16, 24, 80, 480, input.byte(), 8 * input.byte()]);
  const options = input.byte() % 8 === 0 ? input.take(4 * (input.byte() % 11)) : new Uint8Array(0);
  return datagram(
    new Uint8Array(size).fill(input.byte()),
    {
      identification: input.byte() % 24,
      protocol: input.pick(PROTOCOLS),
      flags: more,
      fragmentOffset: 8 * input.pick([0, 1, 2, 3, 4, input.byte(), input.number16() % 8192]),
    },
    options.subarray(0, options.length & ~3),
  );
}
