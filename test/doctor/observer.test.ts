import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observe } from '../../src/doctor/observer.ts';
import type { Finding } from '../../src/doctor/symptoms.ts';
import { Stack } from '../../src/ip/stack.ts';
import type { FramingMode } from '../../src/line/framing.ts';
import { seededRandom } from '../../src/line/random.ts';
import { slipEncoder } from '../../src/line/slip.ts';
import { SlipLine } from '../../src/line/slip-line.ts';
import { DIRECTION, VirtualPort } from '../../src/line/virtual-port.ts';
import { drive } from '../../src/node/drive.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { Protocol } from '../../src/wire/ipv4.ts';
import { datagram, echo, segmentBytes } from '../support/datagram.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';

/** A daemon's end of a line, whose other end says what it is told to. */
class Patient {
  readonly clock = new VirtualClock();
  readonly found: Finding[] = [];
  readonly #far: VirtualPort;
  readonly #encode = slipEncoder();

  constructor(framing: FramingMode = 'auto', loops = false) {
    const { clock } = this;
    const direction = { ...DIRECTION, baud: 0 };
    const near = new VirtualPort(direction, clock, seededRandom(1));
    this.#far = new VirtualPort(direction, clock, seededRandom(2));
    near.peer = loops ? near : this.#far;
    this.#far.peer = near;
    const line = new SlipLine(near, { clock, baud: 0, framing });
    const stack = new Stack({ address: B });
    drive(stack, line, { clock });
    observe(line, stack.counters, { address: B, peer: A }, (finding) => this.found.push(finding), clock);
    if (loops) stack.ping(A, 1, 1, new Uint8Array(8));
  }

  async hears(...pieces: Uint8Array[]): Promise<this> {
    for (const piece of pieces) this.#far.write(piece);
    await this.clock.advanceWithTurns(4000);
    return this;
  }

  frames(...datagrams: Uint8Array[]): Promise<this> {
    return this.hears(...datagrams.map((each) => this.#encode(each, true)));
  }

  get names(): string[] {
    return this.found.map(({ name }) => name);
  }
}

const ping = (from: string, to = B) =>
  datagram(echo(new Uint8Array(20)), {
    protocol: Protocol.ICMP,
    source: parseAddress(from),
    destination: parseAddress(to),
  });

test('not a byte in half a minute is told once', async () => {
  const patient = await new Patient().hears();
  assert.deepEqual(patient.names, []);
  await patient.clock.advanceWithTurns(120_000);
  assert.deepEqual(patient.names, ['silence']);
  assert.match(patient.found[0]!.advice, /TX and RX/);
});

test('text, as of a login prompt, is garbage', async () => {
  const banner = Buffer.from('\r\nDebian GNU/Linux 12 far ttyS0\r\n\r\nfar login: '.repeat(2));
  const patient = await new Patient().hears(banner);
  await patient.hears(banner);
  assert.deepEqual(patient.names, ['garbage']);
  assert.match(patient.found[0]!.advice, /getty.*--baud|--baud.*getty/);
});

test('random bytes, as of another speed, are garbage, whatever frames they seem to hold', async () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed);
    const bytes = Uint8Array.from({ length: 200 * seed }, () => random() * 256);
    assert.deepEqual((await new Patient().hears(bytes)).names, ['garbage'], `seed ${seed}`);
  }
});

test('datagrams of which some are damaged are noise', async () => {
  const good = ping(A);
  const bad = good.with(30, 99);
  const patient = await new Patient().frames(good, bad, good, bad, good, bad);
  assert.deepEqual(patient.names, ['noise']);
});

test('datagrams that are all damaged are noise as well', async () => {
  const bad = datagram(segmentBytes()).with(8, 1);
  assert.deepEqual((await new Patient().frames(bad, bad, bad)).names, ['noise']);
});

test('one damaged among many is nothing to speak of', async () => {
  const patient = await new Patient().frames(ping(A).with(30, 99), ...Array(200).fill(ping(A)));
  assert.deepEqual(patient.names, []);
});

test('compressed headers with --framing slip are told with their cure', async () => {
  const compressed = datagram(segmentBytes()).with(0, 0x75);
  const patient = await new Patient('slip').frames(compressed);
  assert.deepEqual(patient.names, ['compressed']);
  assert.match(patient.found[0]!.advice, /--framing auto.*slattach -p slip/);
});

test('datagrams from another address than --peer name it', async () => {
  const patient = await new Patient().frames(ping('10.0.0.9'));
  assert.deepEqual(patient.names, ['stranger']);
  assert.match(patient.found[0]!.advice, /--peer 10\.0\.0\.9/);
});

test('datagrams for another address than --address name it', async () => {
  const patient = await new Patient().frames(ping(A, '10.0.0.9'));
  assert.deepEqual(patient.names, ['wanted']);
  assert.match(patient.found[0]!.advice, /--address 10\.0\.0\.9/);
});

test('a loopback plug gives back what was sent', async () => {
  assert.deepEqual((await new Patient('auto', true).hears()).names, ['loopback']);
});

test('a peer as it should be, and hosts behind it, are no finding; nor is its silence later', async () => {
  const patient = await new Patient().frames(ping(A), ping('10.0.0.9'));
  await patient.clock.advanceWithTurns(600_000);
  assert.deepEqual(patient.names, []);
});
