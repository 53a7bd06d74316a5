import type { LineUse } from './bed.ts';

/** One line of a bench's table. */
export interface Result {
  what: string;
  value: number;
  unit: string;
  /** The physical limit, or the named peer's figure in the same run. */
  beside: { name: string; value: number } | undefined;
  goal: { relation: '≥' | '≤' | '='; value: number };
  line?: LineUse;
  /** The same measured elsewhere in the same run, by name: on the virtual line, from a peer. */
  others?: Record<string, number>;
}

export function reaches({ value, goal }: Result): boolean {
  if (goal.relation === '=') return value === goal.value;
  return goal.relation === '≥' ? value >= goal.value : value <= goal.value;
}

export function printResults(name: string, results: Result[]): void {
  console.log(`\n${name}`);
  for (const result of results) {
    const { what, value, unit, beside, goal } = result;
    const ratio = beside
      ? `${((100 * value) / beside.value).toFixed(1)} % of ${beside.name} ${round(beside.value)}`
      : '';
    const verdict = `${reaches(result) ? 'reached' : 'MISSED'}: ${goal.relation} ${goal.value}`;
    console.log(
      `  ${what.padEnd(44)} ${`${round(value)} ${unit}`.padEnd(18)} ${ratio.padEnd(34)} ${verdict}`,
    );
    for (const note of notes(result)) console.log(`    ${note}`);
  }
}

function notes({ line, value, others = {} }: Result): string[] {
  const besides = Object.entries(others).map(
    ([name, other]) => `${name} ${round(other)}, so ${(value / other).toFixed(3)} of it`,
  );
  if (line) {
    const { utilisation, fromServer, toServer } = line;
    const full = `line ${(100 * utilisation).toFixed(1)} % full`;
    besides.push(`${full}; ${round(fromServer)} bytes from the server, ${round(toServer)} to it`);
  }
  return besides;
}

function round(value: number): string {
  return value >= 1000 ? Math.round(value).toString() : value.toPrecision(4).replace(/\.?0+$/, '');
}

export function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which the share `p` of them lie. */
export function quantile(values: number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}
