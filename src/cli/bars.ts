const BAR = 24;
const STEPS = '▁▂▃▄▅▆▇█';

/**
 * A bar for the present use, and a sparkline for what came before.
 *
 * @param shares from 0 to 1, the latest last
 * @param room columns that there are for all of it
 */
export function useOf(shares: readonly number[], room: number): string {
  const now = shares.at(-1) ?? 0;
  const filled = Math.round(now * BAR);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
  const left = Math.max(0, room - BAR - 8);
  const past = shares.slice(Math.max(0, shares.length - left)).map(step);
  return `${bar} ${String(Math.round(now * 100)).padStart(3)} % ${past.join('')}`;
}

function step(share: number): string {
  return STEPS[Math.min(STEPS.length - 1, Math.floor(share * STEPS.length))]!;
}
