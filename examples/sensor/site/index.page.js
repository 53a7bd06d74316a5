import { read, readings } from './_sensor.js';

const STYLE =
  'html{background:#468;color-scheme:light dark;font:1em/1.5 sans-serif}body{max-width:34em;margin:1em auto;padding:1em 1.5em;background:canvas;border:5px ridge}svg{display:block;width:100%;height:9em;border-bottom:1px solid}polyline{fill:none;stroke:#07c;stroke-width:2;stroke-linecap:round;vector-effect:non-scaling-stroke}';

/** @type {import('phpstack-ts').Page} */
export default async function page() {
  const { value, unit, time } = await read();
  return `<!DOCTYPE html><html lang=en><title>Sensor</title><meta name=viewport content="width=device-width">
<link rel=icon href=data:,><style>${STYLE}</style>
<h1>${value.toFixed(1)} ${unit}</h1>
<p>at ${time.toISOString().slice(11, 19)} UTC
${plot(readings, unit)}
<p><a href=live>Live</a>, one reading a second`;
}

/** A line through the readings, scaled to their own range; a dot where there is one. */
function plot(readings, unit) {
  const values = readings.map((reading) => reading.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const y = (value) => 95 - ((value - least) / (most - least || 1)) * 90;
  const x = (i) => (i / Math.max(1, values.length - 1)) * 300;
  const points = [...values, values.at(-1)].map(
    (value, i) => `${x(Math.min(i, values.length - 1)).toFixed(0)},${y(value).toFixed(1)}`,
  );
  const range = `from ${least.toFixed(1)} to ${most.toFixed(1)} ${unit}`;
  const since = readings[0].time.toISOString().slice(11, 19);
  return `<svg role=img viewBox="0 0 300 100" preserveAspectRatio=none><title>Readings ${range}</title><polyline points="${points.join(' ')}" /></svg>
<p>Since ${since} UTC: ${range}`;
}
