import assert from 'node:assert/strict';
import { parseAddress } from '../../src/wire/address.ts';
import { MORE_FRAGMENTS, Protocol } from '../../src/wire/ipv4.ts';
import { Flag } from '../../src/wire/tcp.ts';
import type { Dice } from '../simulation/dice.ts';
import { forgeSegment } from '../simulation/forge.ts';
import { datagram } from '../support/datagram.ts';
import { B } from '../support/wire.ts';
import { type Bed, BIG } from './bed.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long a visitor waits before he gives up. */
const PATIENCE = 10 * MINUTE;
const FLOOD = 300;
const NO_OPTIONS = new Uint8Array(0);

/** What was done, and what came of it. */
export class Tally {
  readonly events: Record<string, number> = {};
  visits = 0;
  unserved = 0;
  /** The last number that a visitor was shown. */
  shown = 0;
}

/** All that happens on the line, at the end of which it is whole again. */
const EVENTS: Record<string, (bed: Bed, dice: Dice, tally: Tally) => Promise<void>> = {
  visit: (bed, _, tally) => visit(bed, tally),
  visits: async (bed, dice, tally) => {
    for (let count = dice.integer(2, 6); count > 0; count--) await visit(bed, tally);
  },
  kept,
  download: async (bed) => {
    const body = get(bed, '/big.txt');
    bed.client.ping(B, 1, 1, new Uint8Array(56));
    assert.ok(await bed.passUntil(body.ended, PATIENCE), 'a download did not end');
    assert.equal(body.length(), BIG);
  },
  noise: async (bed, dice, tally) => {
    await withFault(bed, { errorRate: 10 ** -dice.integer(3, 5) }, () => visit(bed, tally, true));
  },
  'lost frames': async (bed, dice, tally) => {
    await withFault(bed, { loss: dice.fraction() / 3 }, () => visit(bed, tally, true));
  },
  cut: async (bed, dice) => {
    const body = get(bed, '/big.txt');
    await bed.pass(dice.integer(0, 3000));
    await withFault(bed, { cut: true }, () => bed.pass(dice.magnitude(1000, HOUR)));
    await bed.passUntil(body.ended, PATIENCE);
    body.socket.resetAndDestroy();
  },
  reset: async (bed, dice) => {
    const body = get(bed, '/big.txt');
    await bed.pass(dice.integer(0, 3000));
    body.socket.resetAndDestroy();
  },
  crash: async (bed, dice) => {
    get(bed, '/big.txt');
    await bed.pass(dice.integer(0, 3000));
    bed.restartClient();
  },
  flood,
  fragments: async (bed, dice) => {
    for (let identification = 0; identification < 20; identification++)
      bed.line.a.send(
        datagram(dice.bytes(64), { identification, protocol: Protocol.UDP, flags: MORE_FRAGMENTS }),
      );
    await bed.pass(MINUTE);
  },
  rubbish: async (bed, dice) => {
    for (let count = 0; count < 20; count++) bed.line.a.send(dice.bytes(dice.integer(1, 200)));
    await bed.pass(MINUTE);
  },
};

const NAMES = Object.keys(EVENTS);

/** An hour of virtual time with some of everything. */
export async function hour(bed: Bed, dice: Dice, tally: Tally): Promise<void> {
  const end = bed.clock.now() + HOUR;
  for (let count = dice.integer(0, 2); count > 0 && bed.clock.now() < end; count--) {
    await bed.pass(dice.integer(0, 10 * MINUTE));
    const name = dice.pick(NAMES);
    await EVENTS[name]!(bed, dice, tally);
    tally.events[name] = (tally.events[name] ?? 0) + 1;
  }
  await bed.pass(Math.max(0, end - bed.clock.now()));
}

/**
 * A number that was shown is larger than all before it. Over a bad line a visitor may go without, and now and then
 * damage passes TCP's 16 bits of checksum: what such a page says proves nothing.
 */
async function visit(bed: Bed, tally: Tally, mayFail = false): Promise<void> {
  const page = get(bed, '/');
  const isServed = (await bed.passUntil(page.ended, PATIENCE)) && page.text() !== '';
  if (!isServed) {
    page.socket.resetAndDestroy();
    assert.ok(mayFail, 'a visitor on a good line was not served');
    tally.unserved++;
    return;
  }
  tally.visits++;
  if (mayFail) return;
  const number = Number(/visitor (\d+)\.$/.exec(page.text())?.[1]);
  assert.ok(number > tally.shown, `after visitor ${tally.shown} came ${JSON.stringify(page.text())}`);
  tally.shown = number;
}

/** Three requests on one connection, which the client then half-closes. */
async function kept(bed: Bed): Promise<void> {
  const socket = bed.connect();
  let heard = '';
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  for (let count = 1; count <= 3; count++) {
    socket.write('GET /none HTTP/1.1\r\nHost: soak\r\n\r\n');
    assert.ok(await bed.passUntil(() => heard.split('HTTP/1.1 404').length > count, PATIENCE));
  }
  socket.end();
  assert.ok(await bed.passUntil(() => socket.readableEnded, PATIENCE), 'a kept connection stays');
}

/** SYNs from addresses that answer nothing. */
async function flood(bed: Bed, dice: Dice): Promise<void> {
  for (let count = 0; count < FLOOD; count++) {
    const source = parseAddress('10.0.0.0') + dice.integer(1, 65_000);
    const ports = { sourcePort: dice.integer(1024, 65_535), destinationPort: dice.pick([80, 81]) };
    const fields = {
      seq: dice.integer(0, 0xffff),
      ack: 0,
      flags: Flag.SYN,
      window: 1000,
      options: NO_OPTIONS,
    };
    bed.line.a.send(forgeSegment({ source, destination: parseAddress(B), ...ports, ...fields, length: 0 }));
    await bed.pass(10);
  }
  await bed.pass(5 * MINUTE);
}

/** Runs `during` while both directions of the line have the fault. */
async function withFault(bed: Bed, fault: object, during: () => Promise<void>): Promise<void> {
  const { aToB, bToA } = bed.line;
  const before = [{ ...aToB }, { ...bToA }] as const;
  for (const direction of [aToB, bToA]) Object.assign(direction, fault);
  await during();
  Object.assign(aToB, before[0]);
  Object.assign(bToA, before[1]);
}

function get(bed: Bed, path: string) {
  const socket = bed.connect();
  let heard = '';
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
  });
  socket.once('end', () => socket.end()).once('end', over);
  socket.once('close', over);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: soak\r\nConnection: close\r\n\r\n`);
  const text = () => heard.slice(heard.indexOf('\r\n\r\n') + 4);
  return { socket, ended: () => isOver, text, length: () => text().length };
}
