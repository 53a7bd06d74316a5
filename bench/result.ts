import type { LineUse } from './bed.ts';

/** One line of a bench's table. */
export interface Result {
  what: string;
  /** Where it belongs in a plot over the load: in multiples of what the line can carry. */
  load?: number;
  value: number;
  unit: string;
  /** The physical limit, or the named peer's figure in the same run. */
  beside: { name: string; value: number } | undefined;
  /** Left out where a bench informs, and nothing is to be reached. */
  goal?: { relation: '≥' | '≤' | '='; value: number };
  note?: string;
  line?: LineUse;
  /** The same measured elsewhere in the same run, by name: on the virtual line, from a peer. */
  others?: Record<string, number>;
}

export function printResults(name: string, results: Result[]): void {
  console.log(`\n${name}`);
  for (const result of results) {
    const { what, value, unit, note } = result;
    const columns = [what.padEnd(44), `${round(value)} ${unit}`.padEnd(18), ratio(result).padEnd(34)];
    console.log(`  ${columns.join(' ')} ${verdict(result) ?? note ?? ''}`);
    for (const detail of details(result)) console.log(`    ${detail}`);
  }
}

function ratio({ value, beside }: Result): string {
  if (!beside) return '';
  return `${((100 * value) / beside.value).toFixed(1)} % of ${beside.name} ${round(beside.value)}`;
}

function verdict({ value, goal }: Result): string | undefined {
  if (!goal) return undefined;
  const reached = { '=': value === goal.value, '≥': value >= goal.value, '≤': value <= goal.value };
  return `${reached[goal.relation] ? 'reached' : 'MISSED'}: ${goal.relation} ${round(goal.value)}`;
}

function details({ value, others = {}, line }: Result): string[] {
  const lines = Object.entries(others).map(
    ([name, other]) =>
      `${name}: ${round(other)}${other ? `, so this is ${(value / other).toFixed(3)} of it` : ''}`,
  );
  if (!line) return lines;
  const full = `line ${(100 * line.utilisation).toFixed(1)} % full`;
  return [
    ...lines,
    `${full}; ${round(line.fromServer)} bytes from the server, ${round(line.toServer)} to it`,
  ];
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
