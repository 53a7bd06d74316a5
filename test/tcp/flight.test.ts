import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Flight } from '../../src/tcp/flight.ts';
import { add, before, distance } from '../../src/tcp/seq.ts';

const START = -10;

function flightOf(...lengths: number[]): Flight {
  const flight = new Flight(START);
  let seq = START;
  for (const length of lengths) {
    flight.push(seq, add(seq, length), 0);
    seq = add(seq, length);
  }
  return flight;
}

/** What the counts must be, from the segments one by one. */
function counted(flight: Flight) {
  const [sacked, lost] = [flight.sent.filter((s) => s.sacked), flight.sent.filter((s) => s.lost)];
  const under = flight.sent.filter((s) => !s.sacked && !s.lost);
  const pipe = under.reduce((sum, s) => sum + distance(s.seq, s.end), 0);
  return { pipe, sackedCount: sacked.length, lostCount: lost.length };
}

const pick = ({ pipe, sackedCount, lostCount }: Flight) => ({ pipe, sackedCount, lostCount });

test('the pipe and the counts hold whatever happens (RFC 6675 §4)', () => {
  const kinds = fc.constantFrom(
    'lost',
    'sacked',
    'repeat',
    'split',
    'acknowledge',
    'forgetSacks',
    'forgetLosses',
  );
  const events = fc.array(fc.tuple(kinds, fc.nat(30), fc.nat(40)), { maxLength: 40 });
  const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(lengths, events, (list, steps) => {
      const flight = flightOf(...list);
      const end = flight.sent.at(-1)!.end;
      for (const [kind, which, count] of steps) {
        const sent = flight.sent[which % Math.max(1, flight.sent.length)];
        if (!sent) break;
        if (kind === 'lost') flight.markLost(sent);
        else if (kind === 'sacked') flight.markSacked(sent);
        else if (kind === 'repeat') flight.repeat(sent, count);
        else if (kind === 'split' && count > 0 && count < distance(sent.seq, sent.end))
          flight.split(sent, count);
        else if (kind === 'acknowledge' && before(add(flight.sent[0]!.seq, count), end))
          flight.acknowledge(add(flight.sent[0]!.seq, count));
        else if (kind === 'forgetSacks') flight.forgetSacks();
        else if (kind === 'forgetLosses') flight.forgetLosses();
        assert.deepEqual(pick(flight), counted(flight));
        for (const [i, next] of flight.sent.slice(1).entries()) assert.equal(flight.sent[i]!.end, next.seq);
      }
    }),
  );
});

test('an acknowledgment removes what it covers and cuts what it covers in part', () => {
  const flight = flightOf(10, 10, 10);
  assert.deepEqual(
    flight.acknowledge(add(START, 15)).map((sent) => distance(START, sent.end)),
    [10],
  );
  assert.deepEqual(
    flight.sent.map((sent) => [distance(START, sent.seq), distance(START, sent.end)]),
    [
      [15, 20],
      [20, 30],
    ],
  );
  assert.equal(flight.pipe, 15);
});

test('what is lost is given in order, until it is repeated', () => {
  const flight = flightOf(10, 10, 10);
  const [first, , third] = flight.sent;
  flight.markLost(third!);
  flight.markLost(first!);
  assert.equal(flight.firstLost(), first);
  flight.repeat(first!, 5);
  assert.equal(flight.firstLost(), third);
  assert.deepEqual([first!.repeated, first!.sentAt, third!.repeated], [true, 5, false]);
});

test('what was sacked is not lost, and what is lost and then sacked was not', () => {
  const flight = flightOf(10);
  const [sent] = flight.sent;
  flight.markLost(sent!);
  flight.markSacked(sent!);
  flight.markLost(sent!);
  assert.deepEqual(pick(flight), { pipe: 0, sackedCount: 1, lostCount: 0 });
});

test('sacks that the peer took back are in flight again (RFC 2018 §8)', () => {
  const flight = flightOf(10, 10);
  flight.markSacked(flight.sent[1]!);
  flight.forgetSacks();
  assert.deepEqual(pick(flight), { pipe: 20, sackedCount: 0, lostCount: 0 });
});
