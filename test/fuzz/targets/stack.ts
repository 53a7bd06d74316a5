import { Dice } from '../../simulation/dice.ts';
import { drawSiege, Siege } from '../../simulation/hostile.ts';
import { Trace } from '../../simulation/trace.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const MOST_MOVES = 150;
/** About what a move takes from the input. */
const BYTES_PER_MOVE = 12;

/**
 * The simulation's attacker, who knows all sequence numbers, moved by the input: connections are opened,
 * talked to and attacked; after each event the invariants hold, and in the end nothing is left.
 */
export function fuzz(bytes: Uint8Array): void {
  const dice = new InputDice(bytes);
  const plan = drawSiege(dice);
  plan.moves = Math.min(MOST_MOVES, Math.ceil(bytes.length / BYTES_PER_MOVE));
  // With none kept awake, all that are idle become rows.
  plan.options.mostIdle = bytes.length % 2 === 0 ? 0 : 1024;
  new Siege(plan, dice, new VirtualClock(), new Trace(0)).run();
}

/** Dice that fall as the input says; past its end, as a seed does. */
class InputDice extends Dice {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super(1);
    this.#bytes = bytes;
  }

  override fraction(): number {
    if (this.#at >= this.#bytes.length) return super.fraction();
    return this.#byte() / 256 + (this.#byte() + 0.5) / 65_536;
  }

  /** Large numbers are taken as they stand, so that comparisons show in the input. */
  override integer(least: number, most: number): number {
    const range = most - least + 1;
    if (range <= 65_536) return super.integer(least, most);
    const number = ((this.#byte() * 256 + this.#byte()) * 256 + this.#byte()) * 256 + this.#byte();
    return least + (number % range);
  }

  /** All dice are moved by the one input. */
  override fork(): Dice {
    return this;
  }

  override bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#byte());
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? Math.floor(super.fraction() * 256);
  }
}
