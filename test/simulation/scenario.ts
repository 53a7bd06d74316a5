import type { StackOptions } from '../../src/ip/stack.ts';
import type { Dice } from './dice.ts';
import { type Impairment, PERFECT_WIRE } from './impaired-wire.ts';

export type Side = 'a' | 'b';
export const SIDES: readonly Side[] = ['a', 'b'];
export const otherSide = (side: Side): Side => (side === 'a' ? 'b' : 'a');

/** What is drawn for one run; times in ms of virtual time. */
export interface Scenario {
  options: Record<Side, Omit<StackOptions, 'address' | 'random'>>;
  /** Initial sequence numbers start at this plus the clock's ticks. */
  isnBase: Record<Side, number>;
  wire: Record<Side, Impairment>;
  cuts: { from: number; until: number; sides: readonly Side[] }[];
  opens: Open[];
  /** Backlog of the listeners. */
  backlog: number;
  incidents: { at: number; side: Side; kind: 'crash' | 'close' | 'relisten' | 'ping' }[];
}

export interface Open {
  at: number;
  side: Side;
  port: number;
  localPort: number | undefined;
}

/** Ports: one that accepts, one that accepts at the first text, and one where nobody listens. */
export const PORT = { OPEN: 80, DEFERRED: 81, CLOSED: 82 } as const;

export function drawScenario(dice: Dice): Scenario {
  const baud = dice.pick([0, 0, 0, 0, 9600, 38_400, 115_200]);
  const opens = drawOpens(dice);
  return {
    options: { a: drawOptions(dice, baud), b: drawOptions(dice, baud) },
    isnBase: { a: drawIsn(dice), b: drawIsn(dice) },
    wire: drawWire(dice, baud),
    cuts: drawCuts(dice),
    opens,
    backlog: dice.pick([1, 2, 128]),
    incidents: drawIncidents(dice),
  };
}

export function drawOptions(dice: Dice, baud: number): Scenario['options'][Side] {
  const buffer = () => dice.pick([1, 100, 536, 2048, 8192, 65_535, 65_535, 65_535, 100_000, 1_000_000]);
  return {
    mtu: dice.pick([68, 128, 296, 576, 1500, 1500, dice.integer(68, 1500)]),
    sack: dice.chance(0.7),
    timestamps: dice.chance(0.3),
    receiveBuffer: buffer(),
    sendBuffer: buffer(),
    initialRto: dice.pick([1000, 1000, 3000]),
    minRto: dice.pick([200, 1000]),
    maxConnections: dice.chance(0.1) ? dice.integer(1, 5) : 65_536,
    ...(baud > 0 && dice.chance(0.7) ? { baud } : {}),
  };
}

/** Most wrap around, or change their sign as 32 bits have it, while text flows. */
export function drawIsn(dice: Dice): number {
  if (dice.chance(0.3)) return dice.integer(0, 0xffff_ffff);
  return (dice.pick([0, 0x8000_0000]) - dice.magnitude(1, 2_000_000)) | 0;
}

function drawWire(dice: Dice, baud: number): Record<Side, Impairment> {
  const delay = dice.pick([0, 1, 20, 150, 600]);
  const worst = dice.pick([0, 0.01, 0.05, 0.15, 0.3]);
  const one = (): Impairment => ({
    ...PERFECT_WIRE,
    baud,
    delay,
    jitter: dice.chance(0.5) ? dice.fraction() * delay * 2 : 0,
    loss: dice.chance(0.8) ? worst : 0,
    duplication: dice.chance(0.3) ? worst : 0,
    reordering: dice.chance(0.4) ? dice.pick([0.01, 0.1, 0.3]) : 0,
    reorderDelay: dice.magnitude(1, 1000),
    corruption: dice.chance(0.3) ? worst / 2 : 0,
  });
  return { a: one(), b: one() };
}

function drawCuts(dice: Dice): Scenario['cuts'] {
  const count = dice.pick([0, 0, 1, 2]);
  return Array.from({ length: count }, () => {
    const from = dice.fraction() * 60_000;
    const until = from + dice.magnitude(50, 250_000);
    return { from, until, sides: dice.pick<readonly Side[]>([['a'], ['b'], SIDES, SIDES]) };
  });
}

function drawOpens(dice: Dice): Open[] {
  const count = dice.magnitude(1, 12);
  const period = dice.pick([100, 10_000, 100_000]);
  const opens: Open[] = [];
  while (opens.length < count) {
    const open: Open = {
      at: dice.fraction() * period,
      side: dice.pick(SIDES),
      port: dice.pick([PORT.OPEN, PORT.OPEN, PORT.OPEN, PORT.OPEN, PORT.DEFERRED, PORT.CLOSED]),
      localPort: dice.chance(0.5) ? dice.integer(4000, 4002) : undefined,
    };
    opens.push(open);
    if (dice.chance(0.1)) opens.push(...atOnce(open, dice));
  }
  return opens.sort((one, other) => one.at - other.at);
}

/** Both ends open the same connection, about at the same time (RFC 9293 §3.5, figure 8). */
function atOnce({ at }: Open, dice: Dice): Open[] {
  return SIDES.map((side) => ({ at: at + dice.fraction() * 300, side, port: 5000, localPort: 5000 }));
}

function drawIncidents(dice: Dice): Scenario['incidents'] {
  const count = dice.chance(0.15) ? dice.integer(1, 3) : 0;
  return Array.from({ length: count }, () => ({
    at: dice.fraction() * 60_000,
    side: dice.pick(SIDES),
    kind: dice.pick(['crash', 'close', 'relisten', 'ping']),
  }));
}
