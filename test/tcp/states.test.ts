import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { State } from '../../src/tcp/state.ts';
import { textAt } from '../scenarios/packet.ts';
import { type Host, hostIn, SYNCHRONIZED, WINDOW } from '../support/host.ts';

/**
 * State × event, by the letter of RFC 9293 §3.10.7.4 and of what updates it. In a segment, `r` is RCV.NXT,
 * `e` the right edge of the receive window, `u` SND.UNA and `n` SND.NXT. A cell says what is sent at
 * once and, where it changes, the next state:
 *
 *   -        nothing              ack+5    an acknowledgment of RCV.NXT + 5
 *   d5       nothing at once; after the delay an acknowledgment of RCV.NXT + 5
 *   rst      a reset with the sequence number that the segment acknowledged
 *   synack   our SYN again, with its acknowledgment; new: for a new connection
 */
const COLUMNS = [
  'SYN-RECEIVED',
  'ESTABLISHED',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'CLOSE-WAIT',
  'CLOSING',
  'LAST-ACK',
  'TIME-WAIT',
];
const FW2 = 'FIN-WAIT-2';
const CW = 'CLOSE-WAIT';

type Row = [segment: string, rule: string, ...cells: string[]];

// biome-ignore format: a table
const ROWS: Row[] = [
  // segment                    rule                                     SYN-RECEIVED      ESTABLISHED       FIN-WAIT-1           FIN-WAIT-2         CLOSE-WAIT  CLOSING          LAST-ACK    TIME-WAIT
  ['R r:r(0)',                  'RFC 9293 second: a reset at RCV.NXT',   '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['R. r:r(0) ack n',           'RFC 9293 second: with ACK',             '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['R. r:r(0) ack n+1',         'RFC 9293 second: before the ACK',       '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['RP r:r+5(5)',               'RFC 9293 second: with text',            '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['RS r:r(0)',                 'RFC 9293 second: before the SYN',       '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['RF. r:r(0) ack n',          'RFC 9293 second: before the FIN',       '- CLOSED',       '- CLOSED',       '- CLOSED',          '- CLOSED',        '- CLOSED', '- CLOSED',      '- CLOSED', '-'],
  ['R r+1:r+1(0)',              'RFC 5961 §3.2: challenged',             'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      '-'],
  ['R e-1:e-1(0)',              'RFC 5961 §3.2: last in the window',     'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      '-'],
  ['R e:e(0)',                  'RFC 9293 first: beyond the window',     '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['R r-1:r-1(0)',              'RFC 9293 first: before the window',     '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['R. r-1:r-1(0) ack n',       'RFC 9293 first: before, with ACK',      '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],

  ['S r:r(0)',                  'RFC 9293 fourth, RFC 5961 §4.2',        '- CLOSED',       'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'new SYN-RECEIVED'],
  ['S. r:r(0) ack n',           'RFC 9293 fourth: with ACK',             '- CLOSED',       'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['S r+9:r+9(0)',              'RFC 9293 fourth: amidst the window',    '- CLOSED',       'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'new SYN-RECEIVED'],
  ['SF r:r(0)',                 'RFC 9293 fourth: before the FIN',       '- CLOSED',       'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'new SYN-RECEIVED'],
  ['S 0:0(0)',                  'RFC 9293 first: the old SYN again',     'synack',         'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['S e:e(0)',                  'RFC 9293 first: beyond the window',     'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'new SYN-RECEIVED'],

  ['. r:r(0) ack n',            'RFC 9293 fifth: of all that was sent',  '- ESTABLISHED',  '-',              `- ${FW2}`,          '-',               '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['. r:r(0) ack u',            'RFC 9293 fifth: a duplicate',           'rst',            '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['. r:r(0) ack u-1',          'RFC 9293 fifth: an old one',            'rst',            '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['. r:r(0) ack u+5',          'RFC 9293 fifth: of a part',             'rst',            '-',              '-',                 'ack',             '-',        '-',             '-',        'ack'],
  ['. r:r(0) ack n+1',          'RFC 9293 fifth: of the unsent',         'rst',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['. r:r(0) ack u-70000',      'RFC 5961 §5.2: older than any window',  'rst',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['. r-1:r-1(0) ack n',        'RFC 9293 first: a keep-alive',          'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['. r-9:r-9(0) ack n',        'RFC 9293 first: far below the window',  'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['. e-1:e-1(0) ack n',        'RFC 9293 first: last in the window',    '- ESTABLISHED',  '-',              `- ${FW2}`,          '-',               '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['. e:e(0) ack n',            'RFC 9293 first: beyond the window',     'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['- r:r(0)',                  'RFC 9293 fifth: no ACK, no nothing',    '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],

  ['P. r:r+5(5) ack n',         'RFC 9293 seventh: text in order',       'd5 ESTABLISHED', 'd5',             `d5 ${FW2}`,         'd5',              '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['P. r:r+5(5) ack u',         'RFC 9293 seventh: nothing new acked',   'rst',            'd5',             'd5',                'd5',              '-',        '-',             '-',        '-'],
  ['P. r:r+5(5) ack u-1',       'RFC 9293 seventh: with an old ACK',     'rst',            'd5',             'd5',                'd5',              '-',        '-',             '-',        '-'],
  ['P. r:r+5(5) ack n+1',       'RFC 9293 fifth: ACK of the unsent',     'rst',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['P. r:r+5(5) ack u-70000',   'RFC 5961 §5.2: blind injection',        'rst',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['P r:r+5(5)',                'RFC 9293 fifth: no ACK',                '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['P. r-5:r(5) ack n',         'RFC 9293 first: before the window',     'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['P r-5:r(5)',                'RFC 9293 first: before, without ACK',   'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['P. r-5:r+5(10) ack n',      'RFC 9293 seventh: across the left edge', 'ack+5 ESTABLISHED', 'ack+5',      `ack+5 ${FW2}`,      'ack+5',           '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['P r-5:r+5(10)',             'RFC 9293 fifth: across, without ACK',   '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['P. r+5:r+10(5) ack n',      'RFC 5681 §4.2: behind a gap',           'ack ESTABLISHED', 'ack',           `ack ${FW2}`,        'ack',             '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['P. e-5:e(5) ack n',         'RFC 9293 seventh: last in the window',  'ack ESTABLISHED', 'ack',           `ack ${FW2}`,        'ack',             '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['P. e-5:e+5(10) ack n',      'RFC 9293 seventh: across the right edge', 'ack ESTABLISHED', 'ack',         `ack ${FW2}`,        'ack',             '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['P. e:e+5(5) ack n',         'RFC 9293 first: beyond the window',     'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['P e:e+5(5)',                'RFC 9293 first: beyond, without ACK',   'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['PU. r:r+5(5) ack n urg 3',  'RFC 9293 sixth: urgent text in stream', 'd5 ESTABLISHED', 'd5',             `d5 ${FW2}`,         'd5',              '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['U. r:r(0) ack n urg 65535', 'RFC 9293 sixth: points at nothing',     '- ESTABLISHED',  '-',              `- ${FW2}`,          '-',               '-',        '- TIME-WAIT',   '- CLOSED', '-'],

  ['F. r:r(0) ack n',           'RFC 9293 eighth: FIN, all acknowledged', `ack+1 ${CW}`,   `ack+1 ${CW}`,    'ack+1 TIME-WAIT',   'ack+1 TIME-WAIT', '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['F. r:r(0) ack u',           'RFC 9293 eighth: FIN, ours unseen',     'rst',            `ack+1 ${CW}`,    'ack+1 CLOSING',     'ack+1 TIME-WAIT', '-',        '-',             '-',        '-'],
  ['F r:r(0)',                  'RFC 9293 fifth: FIN without ACK',       '-',              '-',              '-',                 '-',               '-',        '-',             '-',        '-'],
  ['F. r-1:r-1(0) ack n',       'RFC 9293 first: an old FIN again',      'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['F. r:r(0) ack n+1',         'RFC 9293 fifth: before the FIN',        'rst',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
  ['FP. r:r+5(5) ack n',        'RFC 9293 eighth: FIN behind text',      `ack+6 ${CW}`,    `ack+6 ${CW}`,    'ack+6 TIME-WAIT',   'ack+6 TIME-WAIT', '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['FP. r:r+5(5) ack u',        'RFC 9293 eighth: FIN behind text',      'rst',            `ack+6 ${CW}`,    'ack+6 CLOSING',     'ack+6 TIME-WAIT', '-',        '-',             '-',        '-'],
  ['FP. r+5:r+10(5) ack n',     'RFC 9293 eighth: FIN behind a gap',     'ack ESTABLISHED', 'ack',           `ack ${FW2}`,        'ack',             '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['F. r+5:r+5(0) ack n',       'RFC 5681 §4.2: FIN alone behind a gap', 'ack ESTABLISHED', 'ack',           `ack ${FW2}`,        'ack',             '-',        '- TIME-WAIT',   '- CLOSED', '-'],
  ['F. e:e(0) ack n',           'RFC 9293 first: FIN beyond the window', 'ack',            'ack',            'ack',               'ack',             'ack',      'ack',           'ack',      'ack'],
];

/** RCV.NXT, SND.UNA and SND.NXT of each state; `hostIn` says how it came there. */
const POSITIONS: Record<string, [r: number, u: number, n: number]> = {
  'SYN-RECEIVED': [1, 0, 1],
  ESTABLISHED: [1, 1, 11],
  'FIN-WAIT-1': [1, 1, 12],
  'FIN-WAIT-2': [1, 12, 12],
  'CLOSE-WAIT': [2, 1, 11],
  CLOSING: [2, 1, 12],
  'LAST-ACK': [2, 1, 12],
  'TIME-WAIT': [2, 12, 12],
};

for (const [column, state] of SYNCHRONIZED.entries()) {
  assert.equal(COLUMNS[column], state);
  describe(state, () => {
    for (const [template, rule, ...cells] of ROWS) {
      test(`${state} < ${template}: ${cells[column]} (${rule})`, () =>
        checkCell(state, template, cells[column]!));
    }
  });
}

function checkCell(state: State, template: string, cell: string): void {
  const host = hostIn(state);
  assert.equal(host.state, state);
  const [r, u, n] = POSITIONS[state]!;
  const segment = fill(template, { r, u, n, e: 1 + WINDOW });
  host.arrives(segment);
  const [reply, next = state] = cell.split(' ') as [string, State?];
  assert.equal(host.state, next);
  if (reply.startsWith('d')) {
    assert.deepEqual(host.sent(), []);
    assert.deepEqual(host.advance(100), [`. ${n}:${n}(0) ack ${r + Number(reply.slice(1))}`]);
  } else assert.deepEqual(host.sent(), expected(reply, segment, r, n));
}

function expected(reply: string, segment: string, r: number, n: number): string[] {
  const [name, more = '0'] = reply.split('+');
  if (name === 'ack') return [`. ${n}:${n}(0) ack ${r + Number(more)}`];
  if (name === 'synack') return ['S. 0:0(0) ack 1'];
  if (name === 'new') return [`S. 0:0(0) ack ${Number(/\d+/.exec(segment)![0]) + 1}`];
  if (name === 'rst') {
    const ack = /ack (-?\d+)/.exec(segment)![1]!;
    return [`R ${ack}:${ack}(0)`];
  }
  return [];
}

/** Puts numbers in the place of r, e, u and n, and sums them up. */
function fill(template: string, values: Record<string, number>): string {
  return template.replace(/(?<![a-z])([reun])([+-]\d+)?(?![a-z])/g, (_, name: string, more = '0') =>
    String(values[name]! + Number(more)),
  );
}

/** A reset without an ACK to go by has the sequence number zero, which is 3 after our initial one. */
// biome-ignore format: a table
const BEFORE: [State, string, string, string][] = [
  // state     segment                    sent, next state                   rule
  ['CLOSED',   'S 0:0(0)',                'R. 3:3(0) ack 1 CLOSED',          'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'SP 0:5(5)',               'R. 3:3(0) ack 6 CLOSED',          'RFC 9293 §3.10.7.1: text counts'],
  ['CLOSED',   'SF 0:0(0)',               'R. 3:3(0) ack 2 CLOSED',          'RFC 9293 §3.10.7.1: FIN counts'],
  ['CLOSED',   'S. 0:0(0) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.1'],
  ['CLOSED',   '. 1:1(0) ack 7',          'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'P. 1:6(5) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'P 1:6(5)',                'R. 3:3(0) ack 6 CLOSED',          'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'F. 1:1(0) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'F 1:1(0)',                'R. 3:3(0) ack 2 CLOSED',          'RFC 9293 §3.10.7.1'],
  ['CLOSED',   '- 1:1(0)',                'R. 3:3(0) ack 1 CLOSED',          'RFC 9293 §3.10.7.1'],
  ['CLOSED',   'R 0:0(0)',                ' CLOSED',                         'RFC 9293 §3.10.7.1: no answer to a reset'],
  ['CLOSED',   'R. 3:3(0) ack 7',         ' CLOSED',                         'RFC 9293 §3.10.7.1: no answer to a reset'],
  ['CLOSED',   'RS 0:0(0)',               ' CLOSED',                         'RFC 9293 §3.10.7.1: no answer to a reset'],

  ['LISTEN',   'S 0:0(0)',                'S. 0:0(0) ack 1 SYN-RECEIVED',    'RFC 9293 §3.10.7.2 third'],
  ['LISTEN',   'SP 0:5(5)',               'S. 0:0(0) ack 6 SYN-RECEIVED',    'RFC 9293 §3.10.7.2 third: text is kept'],
  ['LISTEN',   'SF 0:0(0)',               'S. 0:0(0) ack 1 SYN-RECEIVED',    'RFC 9293 §3.10.7.2 third: FIN comes again'],
  ['LISTEN',   'SU 0:0(0) urg 9',         'S. 0:0(0) ack 1 SYN-RECEIVED',    'RFC 9293 §3.10.7.2 third'],
  ['LISTEN',   'S. 0:0(0) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN',   '. 1:1(0) ack 7',          'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN',   'P. 1:6(5) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN',   'F. 1:1(0) ack 7',         'R 7:7(0) CLOSED',                 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN',   'P 1:6(5)',                ' CLOSED',                         'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN',   'F 1:1(0)',                ' CLOSED',                         'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN',   '- 1:1(0)',                ' CLOSED',                         'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN',   'R 0:0(0)',                ' CLOSED',                         'RFC 9293 §3.10.7.2 first'],
  ['LISTEN',   'R. 3:3(0) ack 7',         ' CLOSED',                         'RFC 9293 §3.10.7.2 first'],
  ['LISTEN',   'RS 0:0(0)',               ' CLOSED',                         'RFC 9293 §3.10.7.2 first'],

  ['SYN-SENT', 'S. 0:0(0) ack 1',         '. 1:1(0) ack 1 ESTABLISHED',      'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'SP. 0:5(5) ack 1',        '. 1:1(0) ack 6 ESTABLISHED',      'RFC 9293 §3.10.7.3 fourth: text is kept'],
  ['SYN-SENT', 'SF. 0:0(0) ack 1',        '. 1:1(0) ack 2 CLOSE-WAIT',       'RFC 9293 §3.10.7.3 fourth: and FIN'],
  ['SYN-SENT', 'SFP. 0:5(5) ack 1',       '. 1:1(0) ack 7 CLOSE-WAIT',       'RFC 9293 §3.10.7.3 fourth: both'],
  ['SYN-SENT', 'S 0:0(0)',                'S. 0:0(0) ack 1 SYN-RECEIVED',    'RFC 9293 §3.10.7.3 fourth: simultaneous open'],
  ['SYN-SENT', 'S. 0:0(0) ack 0',         'R 0:0(0) SYN-SENT',               'RFC 9293 §3.10.7.3 first: ACK of nothing'],
  ['SYN-SENT', 'S. 0:0(0) ack 2',         'R 2:2(0) SYN-SENT',               'RFC 9293 §3.10.7.3 first: ACK of the unsent'],
  ['SYN-SENT', '. 1:1(0) ack 0',          'R 0:0(0) SYN-SENT',               'RFC 9293 §3.10.7.3 first: half-open discovery'],
  ['SYN-SENT', '. 1:1(0) ack 2',          'R 2:2(0) SYN-SENT',               'RFC 9293 §3.10.7.3 first: half-open discovery'],
  ['SYN-SENT', '. 1:1(0) ack 1',          ' SYN-SENT',                       'RFC 9293 §3.10.7.3 fifth: no SYN'],
  ['SYN-SENT', 'P. 1:6(5) ack 1',         ' SYN-SENT',                       'RFC 9293 §3.10.7.3 fifth: no SYN'],
  ['SYN-SENT', 'F. 1:1(0) ack 1',         ' SYN-SENT',                       'RFC 9293 §3.10.7.3 fifth: no SYN'],
  ['SYN-SENT', 'P 1:6(5)',                ' SYN-SENT',                       'RFC 9293 §3.10.7.3 fifth: no SYN'],
  ['SYN-SENT', '- 1:1(0)',                ' SYN-SENT',                       'RFC 9293 §3.10.7.3 fifth: no SYN'],
  ['SYN-SENT', 'R. 3:3(0) ack 1',         ' CLOSED',                         'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'RS. 0:0(0) ack 1',        ' CLOSED',                         'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'R. 3:3(0) ack 0',         ' SYN-SENT',                       'RFC 9293 §3.10.7.3 first: never a reset for one'],
  ['SYN-SENT', 'R. 3:3(0) ack 2',         ' SYN-SENT',                       'RFC 9293 §3.10.7.3 first: never a reset for one'],
  ['SYN-SENT', 'R 0:0(0)',                ' SYN-SENT',                       'RFC 9293 §3.10.7.3 second: without ACK'],
];

describe('CLOSED, LISTEN and SYN-SENT', () => {
  for (const [state, segment, outcome, rule] of BEFORE) {
    test(`${state} < ${segment}: ${outcome} (${rule})`, () => {
      const host = hostIn(state);
      host.arrives(segment);
      const next = outcome.split(' ').at(-1);
      assert.equal(host.state, next);
      assert.equal(host.sent().join(', '), outcome.slice(0, outcome.lastIndexOf(' ')));
    });
  }
});

type Call = (host: Host) => unknown;
const CALLS: Record<string, Call> = {
  SEND: ({ connection }) => connection!.send(textAt(11, 5)),
  RECEIVE: ({ connection }) => connection!.receive()?.length ?? 0,
  CLOSE: ({ connection }) => connection!.close(),
  release: ({ connection }) => connection!.release(),
  ABORT: ({ connection }) => connection!.abort(),
};

// biome-ignore format: a table
const USER: [State, string, unknown, string, State, string][] = [
  // state          call       gives      sent                     next state      rule
  ['SYN-SENT',      'SEND',    5,         '',                      'SYN-SENT',     'RFC 9293 §3.10.2: queued'],
  ['SYN-RECEIVED',  'SEND',    5,         '',                      'SYN-RECEIVED', 'RFC 9293 §3.10.2: queued'],
  ['ESTABLISHED',   'SEND',    5,         '',                      'ESTABLISHED',  'RFC 9293 §3.7.4: Nagle, for ten are in flight'],
  ['FIN-WAIT-1',    'SEND',    0,         '',                      'FIN-WAIT-1',   'RFC 9293 §3.10.2: connection closing'],
  ['FIN-WAIT-2',    'SEND',    0,         '',                      'FIN-WAIT-2',   'RFC 9293 §3.10.2: connection closing'],
  ['CLOSE-WAIT',    'SEND',    5,         '',                      'CLOSE-WAIT',   'RFC 9293 §3.10.2: as in ESTABLISHED'],
  ['CLOSING',       'SEND',    0,         '',                      'CLOSING',      'RFC 9293 §3.10.2: connection closing'],
  ['LAST-ACK',      'SEND',    0,         '',                      'LAST-ACK',     'RFC 9293 §3.10.2: connection closing'],
  ['TIME-WAIT',     'SEND',    0,         '',                      'TIME-WAIT',    'RFC 9293 §3.10.2: connection closing'],
  ['SYN-SENT',      'RECEIVE', 0,         '',                      'SYN-SENT',     'RFC 9293 §3.10.3'],
  ['SYN-RECEIVED',  'RECEIVE', 0,         '',                      'SYN-RECEIVED', 'RFC 9293 §3.10.3'],
  ['ESTABLISHED',   'RECEIVE', 0,         '',                      'ESTABLISHED',  'RFC 9293 §3.10.3: nothing there'],
  ['FIN-WAIT-1',    'RECEIVE', 0,         '',                      'FIN-WAIT-1',   'RFC 9293 §3.10.3: nothing there'],
  ['FIN-WAIT-2',    'RECEIVE', 0,         '',                      'FIN-WAIT-2',   'RFC 9293 §3.10.3: nothing there'],
  ['CLOSE-WAIT',    'RECEIVE', 0,         '',                      'CLOSE-WAIT',   'RFC 9293 §3.10.3: nothing left'],
  ['CLOSING',       'RECEIVE', 0,         '',                      'CLOSING',      'RFC 9293 §3.10.3: connection closing'],
  ['LAST-ACK',      'RECEIVE', 0,         '',                      'LAST-ACK',     'RFC 9293 §3.10.3: connection closing'],
  ['TIME-WAIT',     'RECEIVE', 0,         '',                      'TIME-WAIT',    'RFC 9293 §3.10.3: connection closing'],
  ['SYN-SENT',      'CLOSE',   undefined, '',                      'CLOSED',       'RFC 9293 §3.10.4: forgotten'],
  ['SYN-RECEIVED',  'CLOSE',   undefined, '',                      'SYN-RECEIVED', 'RFC 9293 §3.10.4: queued until ESTABLISHED'],
  ['ESTABLISHED',   'CLOSE',   undefined, 'F. 11:11(0) ack 1',     'FIN-WAIT-1',   'RFC 9293 §3.10.4'],
  ['FIN-WAIT-1',    'CLOSE',   undefined, '',                      'FIN-WAIT-1',   'RFC 9293 §3.10.4: once is enough'],
  ['FIN-WAIT-2',    'CLOSE',   undefined, '',                      'FIN-WAIT-2',   'RFC 9293 §3.10.4: once is enough'],
  ['CLOSE-WAIT',    'CLOSE',   undefined, 'F. 11:11(0) ack 2',     'LAST-ACK',     'RFC 9293 §3.10.4'],
  ['CLOSING',       'CLOSE',   undefined, '',                      'CLOSING',      'RFC 9293 §3.10.4: connection closing'],
  ['LAST-ACK',      'CLOSE',   undefined, '',                      'LAST-ACK',     'RFC 9293 §3.10.4: connection closing'],
  ['TIME-WAIT',     'CLOSE',   undefined, '',                      'TIME-WAIT',    'RFC 9293 §3.10.4: connection closing'],
  ['SYN-SENT',      'release', undefined, '',                      'CLOSED',       'as CLOSE'],
  ['SYN-RECEIVED',  'release', undefined, '',                      'SYN-RECEIVED', 'as CLOSE'],
  ['ESTABLISHED',   'release', undefined, 'F. 11:11(0) ack 1',     'FIN-WAIT-1',   'RFC 1122 §4.2.2.13: as CLOSE while nothing is unread'],
  ['FIN-WAIT-1',    'release', undefined, '',                      'FIN-WAIT-1',   'as CLOSE'],
  ['FIN-WAIT-2',    'release', undefined, '',                      'FIN-WAIT-2',   'as CLOSE'],
  ['CLOSE-WAIT',    'release', undefined, 'F. 11:11(0) ack 2',     'LAST-ACK',     'as CLOSE'],
  ['CLOSING',       'release', undefined, '',                      'CLOSING',      'as CLOSE: not disturbed'],
  ['LAST-ACK',      'release', undefined, '',                      'LAST-ACK',     'as CLOSE: not disturbed'],
  ['TIME-WAIT',     'release', undefined, '',                      'TIME-WAIT',    'as CLOSE: not disturbed'],
  ['SYN-SENT',      'ABORT',   undefined, '',                      'CLOSED',       'RFC 9293 §3.10.5: nothing to reset'],
  ['SYN-RECEIVED',  'ABORT',   undefined, 'R. 1:1(0) ack 1',       'CLOSED',       'RFC 9293 §3.10.5'],
  ['ESTABLISHED',   'ABORT',   undefined, 'R. 11:11(0) ack 1',     'CLOSED',       'RFC 9293 §3.10.5'],
  ['FIN-WAIT-1',    'ABORT',   undefined, 'R. 12:12(0) ack 1',     'CLOSED',       'RFC 9293 §3.10.5'],
  ['FIN-WAIT-2',    'ABORT',   undefined, 'R. 12:12(0) ack 1',     'CLOSED',       'RFC 9293 §3.10.5'],
  ['CLOSE-WAIT',    'ABORT',   undefined, 'R. 11:11(0) ack 2',     'CLOSED',       'RFC 9293 §3.10.5'],
  ['CLOSING',       'ABORT',   undefined, '',                      'CLOSED',       'RFC 9293 §3.10.5: no reset any more'],
  ['LAST-ACK',      'ABORT',   undefined, '',                      'CLOSED',       'RFC 9293 §3.10.5: no reset any more'],
  ['TIME-WAIT',     'ABORT',   undefined, '',                      'CLOSED',       'RFC 9293 §3.10.5: no reset any more'],
];

describe('user calls', () => {
  for (const [state, call, gives, sent, next, rule] of USER) {
    test(`${state}: ${call} sends ${sent || 'nothing'}, then ${next} (${rule})`, () => {
      const host = hostIn(state);
      assert.equal(host.state, state);
      assert.equal(CALLS[call]!(host), gives);
      assert.equal(host.sent().join(', '), sent);
      assert.equal(host.state, next);
    });
  }
});

// biome-ignore format: a table
const SILENCE: [State, number, string | undefined, string][] = [
  // state          ms        error          rule
  ['SYN-SENT',      180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2 of a SYN, at least three minutes'],
  ['SYN-RECEIVED',  180_000,  undefined,     'RFC 9293 §3.8.3: nobody to tell'],
  ['ESTABLISHED',   180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2'],
  ['FIN-WAIT-1',    180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2'],
  ['FIN-WAIT-2',    60_000,   'ETIMEDOUT',   'RFC 9293 §3.6: the peer never closes'],
  ['CLOSE-WAIT',    180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2'],
  ['CLOSING',       180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2'],
  ['LAST-ACK',      180_000,  'ETIMEDOUT',   'RFC 9293 §3.8.3: R2'],
  ['TIME-WAIT',     60_000,   undefined,     'RFC 9293 §3.6.1: 2 MSL'],
];

describe('a peer that falls silent', () => {
  for (const [state, ms, error, rule] of SILENCE) {
    test(`${state} ends after ${ms} ms and not before (${rule})`, () => {
      const host = hostIn(state);
      host.advance(ms - 1);
      assert.notEqual(host.state, 'CLOSED');
      host.advance(1);
      assert.equal(host.state, 'CLOSED');
      assert.equal(host.error, error);
      assert.equal(host.stack.deadline(), Number.POSITIVE_INFINITY);
    });
  }
});

// biome-ignore format: a table
const ICMP: [State, string, State, string][] = [
  // state          error                              next state      rule
  ['SYN-SENT',      'icmp unreachable port [0:0(0)]',  'CLOSED',       'RFC 1122 §4.2.3.9: hard, while opening'],
  ['SYN-SENT',      'icmp unreachable host [0:0(0)]',  'SYN-SENT',     'RFC 1122 §4.2.3.9: soft'],
  ['SYN-SENT',      'icmp unreachable port [5:5(0)]',  'SYN-SENT',     'RFC 5927 §4.1: nothing such in flight'],
  ['SYN-RECEIVED',  'icmp unreachable port [0:0(0)]',  'SYN-RECEIVED', 'RFC 5927 §5.2'],
  ['ESTABLISHED',   'icmp unreachable port [1:11(10)]', 'ESTABLISHED', 'RFC 5927 §5.2: soft once established'],
  ['ESTABLISHED',   'icmp unreachable protocol [1:11(10)]', 'ESTABLISHED', 'RFC 5927 §5.2: soft once established'],
  ['ESTABLISHED',   'icmp source_quench [1:11(10)]',   'ESTABLISHED',  'RFC 6633 §4: ignored'],
  ['ESTABLISHED',   'icmp time_exceeded [1:11(10)]',   'ESTABLISHED',  'RFC 1122 §4.2.3.9: soft'],
  ['FIN-WAIT-1',    'icmp unreachable port [1:11(10)]', 'FIN-WAIT-1',  'RFC 5927 §5.2'],
  ['CLOSE-WAIT',    'icmp unreachable port [1:11(10)]', 'CLOSE-WAIT',  'RFC 5927 §5.2'],
  ['CLOSING',       'icmp unreachable port [1:11(10)]', 'CLOSING',     'RFC 5927 §5.2'],
  ['LAST-ACK',      'icmp unreachable port [1:11(10)]', 'LAST-ACK',    'RFC 5927 §5.2'],
  ['TIME-WAIT',     'icmp unreachable port [1:11(10)]', 'TIME-WAIT',   'RFC 5927 §4.1: nothing in flight'],
];

describe('ICMP errors', () => {
  for (const [state, error, next, rule] of ICMP) {
    test(`${state} < ${error}: ${next} (${rule})`, () => {
      const host = hostIn(state);
      host.arrives(error);
      assert.equal(host.state, next);
      assert.deepEqual(host.sent(), []);
    });
  }
});
