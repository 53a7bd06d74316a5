import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { AccessLog, combinedLine } from '../../src/web/access-log.ts';
import type { Answered } from '../../src/web/exchange.ts';
import { folder, turnsUntil } from '../support/web.ts';

const ANSWERED: Answered = {
  visitor: 7,
  address: '192.168.7.1',
  method: 'GET',
  target: '/a',
  httpVersion: '1.1',
  status: 200,
  bytes: 1234,
  bodyBytes: 1000,
  began: 0,
  ms: 12,
  aborted: false,
  referrer: 'http://x/',
  userAgent: 'curl/8',
  socket: undefined as never,
  delivered: () => {},
};
const NOW = new Date(2026, 10, 4, 9, 5, 3);

test('a request is a line of the combined format', () => {
  assert.match(
    combinedLine(ANSWERED, NOW),
    /^192\.168\.7\.1 - - \[04\/Nov\/2026:09:05:03 [+-]\d{4}\] "GET \/a HTTP\/1\.1" 200 1000 "http:\/\/x\/" "curl\/8"\n$/,
  );
});

test('what a visitor sends can neither end a field or a line, nor reach a terminal', () => {
  const target = '/"\\\n\x1b[2J\xff';
  const line = combinedLine({ ...ANSWERED, target, referrer: undefined, userAgent: '" 200 "' }, NOW);
  assert.ok(
    line.endsWith('"GET /\\x22\\x5C\\x0A\\x1B[2J\\xFF HTTP/1.1" 200 1000 "-" "\\x22 200 \\x22"\n'),
    line,
  );
});

test('what was no request is a line without one', () => {
  const nothing = { method: undefined, target: undefined, httpVersion: undefined };
  const line = combinedLine(
    { ...ANSWERED, ...nothing, status: 408, bodyBytes: 0, referrer: undefined, userAgent: undefined },
    NOW,
  );
  assert.ok(line.endsWith(' "-" 408 0 "-" "-"\n'), line);
});

/** An access log on a disk that refuses, and what is logged of it. */
async function onFullDisk() {
  const lines: { msg: string; file: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const path = join(folder(), 'access.log');
  symlinkSync('/dev/full', path);
  const accessLog = await AccessLog.open(path, log);
  accessLog.write(ANSWERED);
  await turnsUntil(() => lines.length === 1);
  return { path, accessLog, told: () => lines.map(({ msg, file }) => [msg, file]) };
}

test('a disk that refuses is told of once', async () => {
  const { path, accessLog, told } = await onFullDisk();
  accessLog.write(ANSWERED);
  await accessLog.close();
  assert.deepEqual(told(), [['access log cannot be written', path]]);
});

test('when it takes again that is told, and lines are written', async () => {
  const { path, accessLog, told } = await onFullDisk();
  rmSync(path);
  accessLog.reopen();
  accessLog.write(ANSWERED);
  await accessLog.close();
  assert.deepEqual(told()[1], ['access log is written again', path]);
  assert.match(readFileSync(path, 'utf8'), /^192.*\n$/);
});
