import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';

/** Linux: the temperature of the processor, in thousandths of a degree. Put your own sensor here. */
const THERMOMETER = '/sys/class/thermal/thermal_zone0/temp';
const KEPT = 300;
const INTERVAL = 2000;

/** The latest readings, the oldest first. */
export const readings = [];

/** One reading: degrees Celsius, or the load of the machine where it has no thermometer. */
export async function read() {
  const time = new Date();
  try {
    return { time, value: Number(await readFile(THERMOMETER, 'utf8')) / 1000, unit: '°C' };
  } catch {
    return { time, value: loadavg()[0], unit: 'load' };
  }
}

async function remember() {
  readings.push(await read());
  if (readings.length > KEPT) readings.shift();
}

await remember();
setInterval(remember, INTERVAL).unref();
