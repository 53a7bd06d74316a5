import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StackOptions } from '../../src/ip/stack.ts';
import { Rows } from '../../src/tcp/rows.ts';
import { Wheel } from '../../src/tcp/wheel.ts';
import { dropsOf } from '../support/drops.ts';
import { Host } from '../support/host.ts';

const OPTIONS: Record<string, { syn: string; option: string; stack: Partial<StackOptions> }> = {
  'without options': { syn: '<mss 1000>', option: '', stack: { initialRto: 3000 } },
  'with all options': {
    syn: '<mss 1000,nop,wscale 3,sackOK,TS val 100 ecr 0>',
    option: ' <nop,nop,TS val 100 ecr 1000>',
    stack: { initialRto: 3000, timestamps: true, receiveBuffer: 200_000 },
  },
};

/** An open connection that nobody has taken yet, whose peer has sent nothing. */
function open(host: Host, { syn, option }: (typeof OPTIONS)[string]): void {
  host.listen({ deferAccept: true });
  host.arrives(`S 0:0(0) ${syn}`);
  host.pulled();
  host.now += 1000;
  host.arrives(`. 1:1(0) ack 1${option}`);
}

/** The same where the SYN-ACK was lost at first. */
function openLate(host: Host, { syn, option }: (typeof OPTIONS)[string]): void {
  host.listen({ deferAccept: true });
  host.arrives(`S 0:0(0) ${syn}`);
  host.advance(3000);
  host.arrives(`. 1:1(0) ack 1${option}`);
}

/** In TIME-WAIT, its text acknowledged and read. */
function timeWait(host: Host, options: (typeof OPTIONS)[string]): void {
  open(host, options);
  host.arrives(`P. 1:101(100) ack 1${options.option}`);
  host.read();
  host.send(100);
  host.call((c) => c.close());
  host.pulled();
  host.arrives(`F. 101:101(0) ack 102${options.option}`);
  host.pulled();
}

const EVENTS: [from: typeof open, state: string, events: string[]][] = [
  [
    open,
    'ESTABLISHED',
    [
      'P. 1:101(100) ack 0; send 3000',
      'wait 120000; P. 1:101(100) ack 1; send 3000; wait 5000',
      'P. 1:101(100) ack 1; send 100; . 101:101(0) ack 101; send 100; wait 1000',
      'P. 1:101(100) ack 1; send 3000; . 101:101(0) ack 1001',
      'P. 1:101(100) ack 1; send 3000; . 101:101(0) ack 1; . 101:101(0) ack 1; . 101:101(0) ack 1',
      '. 101:201(100) ack 1; . 1:101(100) ack 1',
      'F. 1:1(0) ack 1; send 10; close; . 2:2(0) ack 12',
      '. 1:1(0) ack 1 win 0; P. 1:101(100) ack 1 win 0; send 100; wait 3000',
      '. 1:1(0) ack 2; . 1:1(0) ack 2; wait 499; . 1:1(0) ack 2; wait 1; . 1:1(0) ack 2',
      'R 1:1(0)',
      'R 2:2(0); S 5:5(0)',
      'S 0:0(0)',
      'unlisten; P. 1:101(100) ack 1; send 10',
      'wait 119999; wait 1; . 1:1(0) ack 1; wait 120000',
      'wait 1300000',
      'icmp unreachable host [0:1(1)]',
    ],
  ],
  [openLate, 'ESTABLISHED late', ['P. 1:101(100) ack 1; send 3000; wait 4000']],
  [
    timeWait,
    'TIME-WAIT',
    [
      'F. 101:101(0) ack 102; wait 60000',
      '. 1:101(100) ack 1',
      '. 102:102(0) ack -60000; . 102:102(0) ack -70000',
      '. 102:102(0) ack 103; . 102:102(0) ack 103; wait 500; . 102:102(0) ack 103',
      'R 102:102(0); R 103:103(0)',
      'S 50:50(0) <mss 500>',
      'S 5000:5000(0) <mss 500>; . 5001:5001(0) ack 1',
      'S 200:200(0) <mss 500,nop,nop,TS val 99 ecr 0>',
      'S 50:50(0) <mss 500,nop,nop,TS val 101 ecr 0>',
      'unlisten; S 5000:5000(0)',
      'wait 59999',
      'wait 60000',
      'icmp unreachable host [0:1(1)]',
    ],
  ],
];
for (const [from, state, list] of EVENTS) {
  for (const [name, options] of Object.entries(OPTIONS)) {
    for (const events of list) {
      test(`at rest or not, ${state} ${name} answers the same: ${events}`, () => {
        const told = (mostIdle: number) => play(from, options, mostIdle, events.split('; '));
        assert.deepEqual(told(0), told(1024));
      });
    }
  }
}

/** What the peer sees, and what is seen from outside. */
function play(from: typeof open, options: (typeof OPTIONS)[string], mostIdle: number, events: string[]) {
  const host = new Host({ ...options.stack, mostIdle });
  from(host, options);
  assert.equal(host.connection.state === 'CLOSED', mostIdle === 0, 'its object is let go of');
  const seen = [];
  for (const event of events) {
    const sent = [
      ...happen(host, event),
      ...host.pulled().map((datagram) => Buffer.from(datagram).toString('hex')),
    ];
    const connections = [...host.stack.connections];
    seen.push({ event, sent, connections, drops: dropsOf(host.stack), deadline: host.stack.deadline() });
  }
  return { seen, counters: host.stack.counters };
}

function happen(host: Host, event: string): string[] {
  const [name, count] = event.split(' ');
  if (name === 'wait') return host.advance(Number(count));
  if (name === 'unlisten') host.unlisten();
  else if (name === 'send') host.call(() => host.send(Number(count)));
  else if (name === 'close') host.call((c) => c.close());
  else host.arrives(event);
  return [];
}

test('a deadline is late by less than a second', () => {
  const host = new Host({ mostIdle: 0 });
  host.now = 1001;
  timeWait(host, OPTIONS['without options']!);
  host.advance(60_998);
  assert.equal(host.stack.connectionCount, 1);
  host.advance(1);
  assert.equal(host.stack.connectionCount, 0);
});

test('the newest stay as they are, as many as are said', () => {
  const host = new Host({ mostIdle: 2 });
  host.listen({ deferAccept: true });
  const connections = [1, 2, 3, 4].map((port) => {
    host.arrives('S 0:0(0)', port);
    host.pulled();
    host.arrives('. 1:1(0) ack 1', port);
    return host.connection;
  });
  assert.deepEqual(
    connections.map(({ state }) => state),
    ['CLOSED', 'CLOSED', 'ESTABLISHED', 'ESTABLISHED'],
  );
  assert.equal(host.stack.connectionCount, 4);
});

test('its user is told that the connection is closed, without an error', () => {
  const host = new Host({ mostIdle: 0 });
  timeWait(host, OPTIONS['without options']!);
  assert.equal(host.told.at(-1), 'closed');
});

test('TIME-WAIT does not rest while there is text to be read', () => {
  const host = new Host({ mostIdle: 0 });
  open(host, OPTIONS['without options']!);
  host.arrives('P. 1:101(100) ack 1');
  host.call((c) => c.close());
  host.pulled();
  host.arrives('F. 101:101(0) ack 2');
  host.pulled();
  assert.equal(host.connection.state, 'TIME-WAIT');
  assert.equal(host.read(), 100);
});

test('at rest in TIME-WAIT it gives way where there is no room, the oldest first', () => {
  const host = new Host({ mostIdle: 0, maxConnections: 2 });
  timeWait(host, OPTIONS['without options']!);
  host.now += 2000;
  for (const port of [1, 2]) host.arrives('S 0:0(0)', port);
  assert.deepEqual(
    [...host.stack.connections].map(({ remotePort }) => remotePort),
    [1, 2],
  );
});

test('stack.close() resets those at rest', () => {
  const host = new Host({ mostIdle: 0 });
  open(host, OPTIONS['without options']!);
  host.stack.close();
  assert.equal(host.stack.connectionCount, 0);
  assert.deepEqual(host.sent(), ['R. 1:1(0) ack 1 win 0']);
});

test('the row that is due first is known, however rows are added and removed', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(250_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const rows = new Rows(20);
      const wheel = new Wheel(rows);
      const model = new Map<number, number>();
      for (const [adds, number] of steps) {
        if (adds) {
          const row = rows.take();
          assert.ok(!model.has(row), 'a row is given once');
          wheel.add(row, number);
          model.set(row, Math.ceil(number / 1000) * 1000);
        } else if (model.size > 0) {
          const row = [...model.keys()][number % model.size]!;
          wheel.remove(row);
          rows.release(row);
          model.delete(row);
        }
        assert.equal(wheel.earliest, Math.min(...model.values()));
        assert.equal(model.get(wheel.first ?? -1), model.size > 0 ? wheel.earliest : undefined);
      }
    }),
  );
});
