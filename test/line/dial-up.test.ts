import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SlipLine } from '../../src/line/slip-line.ts';
import { DIRECTION, VirtualPort } from '../../src/line/virtual-port.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** A line with an address, and what a peer that sends `pieces` as they are hears and what arrives as datagrams. */
function greet(pieces: string[], address: string | undefined = '192.168.7.2') {
  const clock = new VirtualClock();
  const [near, far] = [0, 1].map(() => new VirtualPort(DIRECTION, clock, () => 0));
  near!.peer = far;
  far!.peer = near;
  const line = new SlipLine(near!, { baud: 115_200, clock, ...(address && { address }) });
  let heard = '';
  let datagrams = 0;
  far!.onBytes = (bytes) => (heard += Buffer.from(bytes).toString('latin1'));
  line.onDatagram = () => datagrams++;
  for (const piece of pieces) far!.write(Buffer.from(piece, 'latin1'));
  clock.runUntilIdle();
  return { heard, datagrams, line };
}

const END = '\xc0';
const datagram = 'E'.repeat(40) + END;

//   what comes                              what is answered                     datagrams  rule
const cases: [string[], string, number, string][] = [
  [['CLIENT'], `CLIENTSERVER${END}`, 0, 'Windows is answered'],
  [['CLI', 'ENT'], `CLIENTSERVER${END}`, 0, 'in pieces'],
  [['CLIENTCLIENT'], `CLIENTSERVER${END}`, 0, 'having asked twice'],
  [[`CLIENT${END}`], `CLIENTSERVER${END}`, 0, 'in a frame'],
  [['CLIENT', datagram], `CLIENTSERVER${END}`, 1, 'and its first datagram is taken'],
  [[`${END}?IPA${END}`], `${END}=IPA\xdb\xdc\xa8\x07\x02${END}`, 0, 'tunslip is told the address'],
  [[`EECLIENT${END}`], '', 0, 'not in a frame that starts otherwise'],
  [[`${'E'.repeat(20)}CLIENT`, `E${END}`], '', 1, 'not inside a datagram'],
  [[`CLIENTELE${END}`], '', 0, 'not in a longer word'],
  [[`?IPAD${END}`], '', 0, 'nor a longer question'],
];

for (const [pieces, answer, count, rule] of cases) {
  test(`dial-up: ${rule}`, () => {
    const { heard, datagrams } = greet(pieces);
    assert.equal(heard, answer);
    assert.equal(datagrams, count);
  });
}

test('dial-up: a flood of questions is answered as fast as the line carries answers, and no faster', () => {
  const clock = new VirtualClock();
  const [near, far] = [0, 1].map(() => new VirtualPort(DIRECTION, clock, () => 0));
  near!.peer = far;
  far!.peer = near;
  const line = new SlipLine(near!, { baud: 115_200, clock, address: '192.168.7.2' });
  const questions = Buffer.from(`?IPA${END}`.repeat(50), 'latin1');
  for (let i = 0; i < 500; i++) {
    far!.write(questions);
    clock.advance(22);
    assert.ok(near!.pending <= 2);
  }
  assert.ok(line.counters['slip-not-ready'] > 0);
});

test('dial-up: without an address the question is a tiny frame like any other', () => {
  const { heard, line } = greet([`?IPA${END}`], '');
  assert.equal(heard, '');
  assert.equal(line.counters['slip-tiny'], 1);
});
