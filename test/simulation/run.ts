import { VirtualClock } from '../support/virtual-clock.ts';
import { Dice } from './dice.ts';
import { drawSiege, Siege } from './hostile.ts';
import { impairedWire } from './impaired-wire.ts';
import { drawScenario } from './scenario.ts';
import { serialWire } from './serial-wire.ts';
import { Trace } from './trace.ts';
import { World } from './world.ts';

/** A run that failed, with all that is needed to look into it. */
export class SimulationError extends Error {
  /** What was drawn, every packet, and where it failed. */
  readonly trace: string;

  constructor(seed: number, cause: unknown, scenario: unknown, trace: Trace) {
    const { message, stack } = cause instanceof Error ? cause : new Error(String(cause));
    const command = `npm run simulate -- --seeds 1 --from ${seed}`;
    super(`seed ${seed}: ${message}\nreplay it, with all packets, by: ${command}`, { cause });
    this.name = 'SimulationError';
    this.trace = `${JSON.stringify(scenario, null, 1)}\n${trace}\n${stack}`;
  }

  /** The last packets before it failed. */
  get ending(): string {
    return this.trace.split('\n').slice(-60).join('\n');
  }
}

/**
 * Runs the simulation of one seed: two stacks on an impaired wire, or on the virtual serial line, or one
 * stack under attack.
 *
 * @returns the events that it took
 * @throws {SimulationError} when something does not hold
 */
export function simulate(seed: number): { events: number; trace: Trace } {
  const dice = new Dice(seed);
  const clock = new VirtualClock();
  const trace = new Trace();
  const kind = dice.pick([
    'wire',
    'wire',
    'wire',
    'wire',
    'wire',
    'wire',
    'wire',
    'serial',
    'siege',
    'siege',
  ]);
  const scenario = kind === 'siege' ? drawSiege(dice) : drawScenario(dice);
  try {
    const run =
      'wire' in scenario
        ? new World(scenario, dice, clock, trace, kind === 'serial' ? serialWire : impairedWire)
        : new Siege(scenario, dice, clock, trace);
    run.run();
    return { events: run.events, trace };
  } catch (error) {
    throw new SimulationError(seed, error, scenario, trace);
  }
}
