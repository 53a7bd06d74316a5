import assert from 'node:assert/strict';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { AccessLog, combinedLine } from '../../src/web/access-log.ts';
import type { Answered } from '../../src/web/exchange.ts';
import { folder } from '../support/web.ts';

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

test('a disk that refuses is told of once, and once more when it takes again', async () => {
  const lines: { msg: string; file: string }[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const root = folder();
  const path = join(root, 'access.log');
  symlinkSync('/dev/full', path);
  const accessLog = await AccessLog.open(path, log);
  for (let i = 0; i < 3; i++) {
    accessLog.write(ANSWERED);
    await new Promise((resolve) => setImmediate(resolve));
  }
  accessLog.reopen();
  rmSync(path);
  accessLog.write(ANSWERED);
  await accessLog.close();
  assert.deepEqual(
    lines.map(({ msg, file }) => [msg, file]),
    [
      ['access log cannot be written', path],
      ['access log is written again', path],
    ],
  );
  assert.match(readFileSync(path, 'utf8'), /^(192.*\n)+$/);
});
