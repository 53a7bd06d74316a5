import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { Tally } from '../../src/web/tally.ts';
import { type ConnectionStatus, duration, templateValues } from '../../src/web/values.ts';
import { STATUS } from '../support/web.ts';

const DURATIONS: [seconds: number, text: string][] = [
  [0, '0 seconds'],
  [1.9, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [3599, '59 minutes 59 seconds'],
  [3725, '1 hour 2 minutes'],
  [86_400, '1 day'],
  [86_459, '1 day'],
  [273_700, '3 days 4 hours'],
];
for (const [seconds, text] of DURATIONS) {
  test(`${seconds} s are ${text}`, () => assert.equal(duration(seconds), text));
}

function valuesFor(url: string, connections: Iterable<ConnectionStatus> = []) {
  const request = Object.assign(new IncomingMessage(new Socket()), { url, method: 'GET' });
  return templateValues(request, '/', 1, new Tally(), { ...STATUS, connections }, 200);
}

test('of a million connections a template sees the first hundred, and how many there are', () => {
  let asked = 0;
  function* connections(): IterableIterator<ConnectionStatus> {
    for (; asked < 1_000_000; asked++) {
      yield {
        state: 'ESTABLISHED',
        localPort: 80,
        remoteAddress: '192.168.7.1',
        remotePort: asked % 65_536,
        inFlight: 0,
        unsent: 0,
        rtt: undefined,
      };
    }
  }
  const { server } = valuesFor('/', connections());
  assert.equal(asked, 0, 'nobody has asked yet');
  assert.equal(server.connectionCount, 1_000_000);
  assert.equal(server.connections.length, 100);
});

test('a query gives the first value of each name, whatever the name', () => {
  const { query } = valuesFor('/?a=1&a=2&b=%20x&__proto__=y&c').request;
  assert.deepEqual(Object.entries(query), [
    ['a', '1'],
    ['b', ' x'],
    ['__proto__', 'y'],
    ['c', ''],
  ]);
});
