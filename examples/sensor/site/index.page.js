import { read, readings } from './_sensor.js';

const STYLE =
  ':root{color-scheme:light dark}body{max-width:34em;margin:auto;padding:1em;font:1em/1.5 sans-serif}';

/** @type {import('phpstack-ts').Page} */
export default async function page() {
  const { value, unit, time } = await read();
  return `<!DOCTYPE html><html lang=en><title>Sensor</title><meta name=viewport content="width=device-width">
<link rel=icon href=data:,><style>${STYLE}</style>
<h1>${value.toFixed(1)} ${unit}</h1>
<p>at ${time.toISOString().slice(11, 19)} UTC
${plot(readings.map((reading) => reading.value))}
<p><a href=live>Live</a>`;
}

/** A line through the values, scaled to their own range. */
function plot(values) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const y = (value) => 50 - ((value - least) / (most - least || 1)) * 48;
  const x = (i) => (i / Math.max(1, values.length - 1)) * 300;
  const points = values.map((value, i) => `${x(i).toFixed(0)},${y(value).toFixed(1)}`).join(' ');
  const range = `from ${least.toFixed(1)} to ${most.toFixed(1)}`;
  return `<svg role=img aria-label="The latest readings, ${range}" viewBox="0 0 300 52"><polyline points="${points}" fill=none stroke=currentColor /></svg>`;
}
