import { PERFECT } from '../../src/line/noise.ts';
import type { SlipLine } from '../../src/line/slip-line.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { parseIpv4 } from '../../src/wire/ipv4.ts';
import { segmentIn } from '../support/segment.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import type { HostLine } from './impaired-wire.ts';
import type { Scenario, Side } from './scenario.ts';
import type { Trace } from './trace.ts';
import type { Joint } from './world.ts';

/** The virtual serial line: SLIP or CSLIP, paced, with errors of bits, lost bytes, bursts and lost frames. */
export function serialWire(scenario: Scenario, clock: VirtualClock, dice: Dice, trace: Trace): Joint {
  const faults = ({ loss, duplication, reordering, reorderDelay, delay }: Scenario['wire'][Side]) => ({
    loss: loss / 2,
    duplication,
    reordering: reordering / 2,
    reorderDelay,
    delay,
    errorRate: dice.pick([0, 1e-6, 1e-5, 3e-5]),
    dropRate: dice.pick([0, 0, 1e-5, 1e-4]),
    burstRate: dice.pick([0, 0, 1e-5]),
  });
  const line = new VirtualLine({
    clock,
    baud: scenario.wire.a.baud || 115_200,
    seed: dice.integer(1, 1_000_000),
    framing: dice.pick(['slip', 'auto', 'cslip']),
    aToB: faults(scenario.wire.a),
    bToA: faults(scenario.wire.b),
  });
  const sent = { a: new Set<string>(), b: new Set<string>() };
  const directions = { a: line.aToB, b: line.bToA };
  return {
    a: new Observed('a >', line.a, clock, trace, sent.a, sent.b),
    b: new Observed('b <', line.b, clock, trace, sent.b, sent.a),
    cut: (sides, isCut) => {
      for (const side of sides) directions[side].cut = isCut;
    },
    repair: () => {
      for (const direction of Object.values(directions)) Object.assign(direction, PERFECT);
    },
  };
}

/** An end of the line that keeps the trace, and what no checksum can notice from the stack. */
class Observed implements HostLine {
  onDatagram: (datagram: Uint8Array) => void = () => {};
  readonly #name: string;
  readonly #line: SlipLine;
  readonly #clock: VirtualClock;
  readonly #trace: Trace;
  readonly #sent: Set<string>;

  constructor(
    name: string,
    line: SlipLine,
    clock: VirtualClock,
    trace: Trace,
    sent: Set<string>,
    expected: Set<string>,
  ) {
    this.#name = name;
    this.#line = line;
    this.#clock = clock;
    this.#trace = trace;
    this.#sent = sent;
    line.onDatagram = (datagram) => {
      if (!expected.has(key(datagram)) && seemsRight(datagram)) return this.#note('undetectable', datagram);
      this.#note('arrived', datagram);
      this.onDatagram(datagram);
    };
  }

  get ready(): boolean {
    return this.#line.ready;
  }

  set onReady(onReady: () => void) {
    this.#line.onReady = onReady;
  }

  send(datagram: Uint8Array): void {
    this.#sent.add(key(datagram));
    this.#note('', datagram);
    this.#line.send(datagram);
  }

  #note(fate: string, datagram: Uint8Array): void {
    this.#trace.saw({ at: this.#clock.now(), from: this.#name, datagram: datagram.slice(), fate });
  }
}

function key(datagram: Uint8Array): string {
  return Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength).toString('latin1');
}

/** Whether both checksums are right although the datagram was never sent: two bits that make up for each other. */
function seemsRight(datagram: Uint8Array): boolean {
  const ip = parseIpv4(datagram, () => undefined);
  return ip !== undefined && segmentIn(ip) !== undefined;
}
