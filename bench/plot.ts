/** A curve: its name, and its points from left to right. */
export interface Curve {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  title: string;
  /** What the axes show, and in which unit. */
  x: string;
  y: string;
  /** The value at the upper edge. */
  top: number;
  curves: readonly Curve[];
}

const WIDTH = 560;
const HEIGHT = 260;
const LEFT = 40;
const BOTTOM = 40;
const LINE = 18;
/** Told apart by their dashes too, and seen on light and on dark ground. */
const STROKES = [
  'stroke="#2a7de1" stroke-width="3"',
  'stroke="#2a7de1" stroke-width="2" stroke-dasharray="2 4"',
  'stroke="#d9480f" stroke-width="2" stroke-dasharray="8 3"',
  'stroke="#888" stroke-width="1"',
];

/** An SVG of curves over a logarithmic axis, each with its name in a legend below. At least one has a point. */
export function plot({ title, x, y, top, curves }: PlotOptions): string {
  const xs = [...new Set(curves.flatMap(({ points }) => points.map(([value]) => value)))].sort(
    (a, b) => a - b,
  );
  const [first, last] = [xs[0]!, xs.at(-1)!];
  const span = Math.log(last / first) || 1;
  const across = (value: number) => round(LEFT + ((WIDTH - 2 * LEFT) * Math.log(value / first)) / span);
  const up = (value: number) => round(LINE + HEIGHT - (HEIGHT * value) / top);
  const ground = up(0);
  const drawn = curves.map(({ points }, i) => {
    const path = points.map(([at, value], j) => `${j === 0 ? 'M' : 'L'}${across(at)} ${up(value)}`).join('');
    return `<path fill="none" ${STROKES[i % STROKES.length]} d="${path}"/>`;
  });
  const legend = curves.map(({ name }, i) => {
    const at = ground + BOTTOM + (i + 1) * LINE;
    const sample = `<path ${STROKES[i % STROKES.length]} d="M${LEFT} ${at - 4}h30"/>`;
    return `${sample}<text x="${LEFT + 40}" y="${at}">${escapeText(name)}</text>`;
  });
  const marks = xs.map((value) => text(across(value), ground + LINE, 'middle', String(value)));
  const heights = Array.from({ length: Math.floor(top) + 1 }, (_, value) => value).filter(
    (value) => value % 2 === 0,
  );
  const scale = heights.map((value) => {
    const line = `<path stroke="#888" stroke-opacity=".3" d="M${LEFT} ${up(value)}H${WIDTH - LEFT}"/>`;
    return line + text(LEFT - 6, up(value) + 4, 'end', String(value));
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${ground + BOTTOM + (curves.length + 1) * LINE}"`,
    ' font-family="sans-serif" font-size="12" fill="#888" role="img">',
    `<title>${escapeText(title)}</title>\n`,
    ...scale,
    ...marks,
    text(LEFT, LINE - 6, 'start', y),
    text(WIDTH - LEFT, ground + 2 * LINE, 'end', x),
    ...drawn,
    ...legend,
    '</svg>\n',
  ].join('');
}

function text(x: number, y: number, anchor: string, value: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeText(value)}</text>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function escapeText(value: string): string {
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
