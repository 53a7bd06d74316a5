import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { reportPort } from '../../src/cli/line-options.ts';
import { PortError } from '../../src/line/port-error.ts';
import { ReopeningPort } from '../../src/line/reopening-port.ts';
import { SlipLine } from '../../src/line/slip-line.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const OPENING = { write() {}, close: async () => {} };

/** A line whose port meets these obstacles, one each time it is opened, and what is logged of it. */
async function reported(obstacles: (PortError | undefined)[]) {
  const clock = new VirtualClock();
  const port = new ReopeningPort(async () => {
    const obstacle = obstacles.shift();
    if (obstacle) throw obstacle;
    return OPENING;
  }, clock);
  const line = new SlipLine(port, { baud: 9600, clock });
  await port.open(true);
  const logged: string[] = [];
  const write = (text: string) => {
    const { level, msg, reason } = JSON.parse(text);
    logged.push([pino.levels.labels[level], msg, ...(reason ? [reason] : [])].join(': '));
  };
  reportPort(line, '/dev/ttyUSB0', pino({ base: null }, { write }));
  await clock.advanceWithTurns(10_000);
  return logged;
}

const absent = new PortError('ENOENT', 'absent');
const forbidden = new PortError('EACCES', 'forbidden');
const busy = new PortError('EBUSY', 'busy');

test('a port that is waited for and may not be opened says why, once', async () => {
  assert.deepEqual(await reported([absent, forbidden, absent, forbidden, busy, forbidden, undefined]), [
    'info: waiting for the port',
    'warn: port cannot be opened; trying again: forbidden',
    'warn: port cannot be opened; trying again: busy',
    'info: port opened',
  ]);
});

test('a port that is there is opened without more ado', async () => {
  assert.deepEqual(await reported([]), ['info: port opened']);
});
