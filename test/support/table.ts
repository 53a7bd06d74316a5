import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackOptions } from '../../src/ip/stack.ts';
import { distance } from '../../src/tcp/seq.ts';
import type { State } from '../../src/tcp/state.ts';
import { dropsOf } from './drops.ts';
import type { Host } from './host.ts';
import { hostIn } from './states.ts';

/**
 * One line of a state × event table:
 *
 * - the state, or states, that `hostIn` begins in;
 * - what happens: segments that arrive, calls of the user's (`send 100`, `receive`, `close`, `release`,
 *   `abort`, `noDelay`, `unlisten`), `wait 500` (ms), parted by `; `. Only what follows the last `;` is looked at;
 * - the segments transmitted, parted by ` | `, those of the next 100 ms with `+` and how many later: what
 *   acknowledges late;
 * - what changes: the state, with the error told to the user; SND.UNA, RCV.NXT, SND.WND; octets of text
 *   that can be read; what a call gave back;
 * - why something was refused, by its counter;
 * - the rule.
 */
export type Row = [
  states: State | readonly State[],
  event: string,
  sent: string,
  changes: string,
  refused: string,
  rule: string,
];

/** Where a connection is synchronized. */
export const OPEN = ['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'] as const;
export const FIN_RECEIVED = ['CLOSE-WAIT', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const;
export const SYNCHRONIZED = [...OPEN, ...FIN_RECEIVED] as const;
/** Where something of ours is in flight. */
export const UNACKED = ['ESTABLISHED', 'FIN-WAIT-1', 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK'] as const;
export const ACKED = ['FIN-WAIT-2', 'TIME-WAIT'] as const;

/** <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> of a synchronized `hostIn`. */
export const ACK = '. 202:202(0) ack 501 win 1000';

/** Makes a test of each row and state. */
export function runTable(rows: readonly Row[], options: Partial<StackOptions> = {}): void {
  for (const [states, event, ...expected] of rows) {
    const [sent, changes, refused, rule] = expected;
    for (const state of typeof states === 'string' ? [states] : states) {
      test(`${state}: ${event} → ${sent || 'silence'}, ${changes || 'no change'} (${rule})`, () => {
        assert.deepEqual(play(hostIn(state, options), state, event), { sent, changes, refused });
      });
    }
  }
}

function play(host: Host, state: State, event: string) {
  const steps = event.split('; ');
  const last = steps.pop()!;
  for (const step of steps) {
    happen(host, step);
    host.pulled();
  }
  host.told.length = 0;
  const before = look(host, state);
  const dropsBefore = dropsOf(host.stack);
  const result = happen(host, last);
  const sent = last.startsWith('wait') ? result.splice(0) : [...host.sent(), ...host.advance(100)];
  const changes = [...changesOf(before, look(host, state)), ...result];
  const refused = dropsOf(host.stack, dropsBefore);
  if (host.latest?.state === 'CLOSED') assertNothingLeft(host);
  return { sent: sent.join(' | '), changes: changes.join(', '), refused: refused.join(' ') };
}

function assertNothingLeft(host: Host): void {
  assert.equal(host.stack.connectionCount, 0);
  assert.equal(host.stack.deadline(), Number.POSITIVE_INFINITY, 'a deadline is left');
}

const CALLS: Record<string, (host: Host, count: number) => string[]> = {
  send: (host, count) => [`took ${host.send(count)}`],
  receive: (host) => [`read ${host.read()}`],
  close: (host) => call(host, 'close'),
  release: (host) => call(host, 'release'),
  abort: (host) => call(host, 'abort'),
  noDelay: (host) => host.call((c) => c.setNoDelay(true)) ?? [],
  unlisten: (host) => host.unlisten() ?? [],
  wait: (host, count) => host.advance(count),
};

function call(host: Host, name: 'close' | 'release' | 'abort'): string[] {
  host.call((c) => c[name]());
  return [];
}

/** Makes happen what a step says; returns what a call gave back. */
function happen(host: Host, step: string): string[] {
  const [name, count] = step.split(' ');
  const named = CALLS[name!];
  if (named) return named(host, Number(count));
  host.arrives(step);
  return [];
}

interface Look {
  state: string;
  una: number;
  rcv: number;
  wnd: number;
  text: number;
}

function look(host: Host, state: State): Look {
  const c = host.latest;
  if (!c) return { state, una: 0, rcv: 0, wnd: 0, text: 0 };
  const error = host.told.find((told) => told.startsWith('closed '))?.slice('closed'.length);
  return {
    state: c.state + (error ?? ''),
    una: distance(host.ends.localIsn, c.sndUna),
    rcv: distance(host.ends.remoteIsn, c.rcvNxt),
    wnd: c.sndWnd,
    text: c.receiveBuffer?.readable ?? 0,
  };
}

function changesOf(before: Look, after: Look): string[] {
  const changes = before.state === after.state ? [] : [after.state];
  if (after.state.startsWith('CLOSED')) return changes;
  for (const name of ['una', 'rcv', 'wnd', 'text'] as const) {
    if (before[name] !== after[name]) changes.push(`${name} ${after[name]}`);
  }
  return changes;
}
