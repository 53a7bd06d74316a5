import { setTimeout } from 'node:timers/promises';
import { read } from './_sensor.js';

/**
 * A line for each reading, as long as somebody looks on: `curl http://192.168.7.2/live?every=5`
 *
 * @type {import('phpstack-ts').Page}
 */
export default function live({ query, signal }) {
  const seconds = Math.min(20, Math.max(0.1, Number(query.every) || 1));
  return { headers: { 'Content-Type': 'text/plain;charset=utf-8' }, body: lines(seconds * 1000, signal) };
}

async function* lines(interval, signal) {
  while (!signal.aborted) {
    const { time, value, unit } = await read();
    yield `${time.toISOString()} ${value.toFixed(2)} ${unit}\n`;
    await setTimeout(interval, undefined, { signal });
  }
}
