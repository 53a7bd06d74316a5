/** Of a plot, in its own units. */
const HEIGHT = 100;
/** Into whatever room the page gives it. */
const STRETCHED = 'preserveAspectRatio=none';

/**
 * Columns that stand side by side, the largest as high as the plot. For templates, which put it out by
 * `<%~ %>`; colours and sizes are the page's to choose.
 *
 * @param label what it shows, for those who cannot see it
 * @returns an `<svg class=bars>`
 */
export function bars(values: readonly number[], label: string): string {
  const top = Math.max(1, ...values);
  const path = values.map((value, i) => {
    if (value === 0) return '';
    const height = Math.max(1, Math.round((HEIGHT * value) / top));
    return `M${i * 10 + 5} ${HEIGHT}v-${height}`;
  });
  return svg('bars', 10 * values.length, label, `Oldest first: ${values.join(' ')}`, [path.join('')]);
}

/**
 * A bar from left to right, to stand beside its number, which says the same.
 *
 * @param top the value at the right edge
 * @returns an `<svg class=bar>`
 */
export function bar(value: number, top: number): string {
  const length = Math.max(1, Math.round((100 * value) / top));
  return `<svg class=bar aria-hidden=true viewBox="0 0 100 1" ${STRETCHED}><path d="M0 .5h${length}"/></svg>`;
}

export interface LinesOptions {
  /** The value at the plot's upper edge. */
  top: number;
  /** How many values there is room for. */
  width: number;
  /** What it shows, and in which unit, for those who cannot see it. */
  label: string;
  unit: string;
}

/**
 * Lines over time, the newest value at the right edge. Undefined values leave gaps.
 *
 * @param series of the same length
 * @returns an `<svg class=lines>` with a `<path>` for each of the series
 */
export function lines(
  series: readonly (readonly (number | undefined)[])[],
  { top, width, label, unit }: LinesOptions,
): string {
  const paths = series.map((values) => linePath(values, top, width - values.length));
  const description = series.map((values) => describe(values, unit)).join('. ');
  return svg('lines', width - 1, label, description, paths);
}

/** A value that stands alone is a dot: a line of no length, with round ends. */
function linePath(values: readonly (number | undefined)[], top: number, offset: number): string {
  let path = '';
  values.forEach((value, i) => {
    if (value === undefined) return;
    const y = HEIGHT - Math.round((HEIGHT * Math.min(value, top)) / top);
    const isFirst = values[i - 1] === undefined;
    path += `${isFirst ? 'M' : 'L'}${offset + i} ${y}`;
    if (isFirst && values[i + 1] === undefined) path += 'h0';
  });
  return path;
}

function describe(values: readonly (number | undefined)[], unit: string): string {
  const known = values.filter((value) => value !== undefined);
  if (known.length === 0) return 'None measured';
  const [least, most, last] = [Math.min(...known), Math.max(...known), known.at(-1)!].map(Math.round);
  return `From ${least} to ${most}${unit}, last ${last}${unit}`;
}

function svg(kind: string, width: number, label: string, description: string, paths: string[]): string {
  const title = `<title>${escapeText(label)}</title><desc>${description}</desc>`;
  const drawn = paths.map((path) => `<path d="${path}"/>`).join('');
  return `<svg class=${kind} role=img viewBox="0 0 ${width} ${HEIGHT}" ${STRETCHED}>${title}${drawn}</svg>`;
}

const escapeText = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
