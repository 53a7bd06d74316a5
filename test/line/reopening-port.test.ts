import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PortError } from '../../src/line/port-error.ts';
import { type OpeningEvents, ReopeningPort } from '../../src/line/reopening-port.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

/** A device whose openings are noted, and which can be made to fail. */
function device() {
  const clock = new VirtualClock();
  const attempts: number[] = [];
  const written: string[] = [];
  const events: string[] = [];
  const state = {
    absent: false,
    refusal: '',
    hangs: false,
    takes: true,
    open: 0,
    present: {} as OpeningEvents,
  };
  const port = new ReopeningPort(async (present) => {
    attempts.push(clock.now());
    if (state.absent) throw new PortError('ENOENT', 'not there');
    if (state.refusal) throw new PortError('EACCES', state.refusal);
    state.open++;
    state.present = present;
    return {
      write(bytes, taken) {
        written.push(Buffer.from(bytes).toString());
        if (state.takes) clock.setTimeout(taken, 1);
      },
      close() {
        state.open--;
        return state.hangs ? new Promise(() => {}) : Promise.resolve();
      },
    };
  }, clock);
  port.onLost = (reason) => events.push(`lost: ${reason}`);
  port.onRefused = (reason) => events.push(`refused: ${reason}`);
  port.onOpen = () => events.push('open');
  return { clock, port, state, attempts, written, events };
}

test('reopening: a lost device is tried again at growing distances, never more than a second apart', async () => {
  const { clock, port, state, attempts, events } = device();
  await port.open(false);
  await clock.advanceWithTurns(10_000);
  state.absent = true;
  state.present.ended('unplugged');
  await clock.advanceWithTurns(4000);
  assert.deepEqual(attempts, [0, 10_100, 10_300, 10_700, 11_500, 12_500, 13_500]);
  state.absent = false;
  await clock.advanceWithTurns(1000);
  assert.deepEqual(events, ['open', 'lost: unplugged', 'open'], 'it is said once');
});

test('reopening: a device that goes as soon as it is open is not tried in a hurry', async () => {
  const { clock, port, state, attempts } = device();
  await port.open(false);
  port.onOpen = () => clock.setTimeout(() => state.present.ended('flapping'), 1);
  state.present.ended('flapping');
  await clock.advanceWithTurns(60_000);
  assert.ok(attempts.length < 66, `${attempts.length} openings in a minute`);
});

test('reopening: 200 losses leave one opening and one timer', async () => {
  const { clock, port, state } = device();
  await port.open(false);
  for (let cycle = 0; cycle < 200; cycle++) {
    await clock.advanceWithTurns(2000);
    state.present.ended('unplugged');
    assert.equal(port.isOpen, false);
    await clock.advanceWithTurns(100);
    assert.equal(port.isOpen, true);
    assert.equal(state.open, 1);
  }
  await port.close();
  assert.equal(state.open, 0);
  await clock.advanceWithTurns(0);
  assert.equal(clock.next, Infinity);
});

test('reopening: closing that hangs is left to itself after a second', async () => {
  const { clock, port, state, attempts } = device();
  await port.open(false);
  state.hangs = true;
  state.present.ended('unplugged');
  await clock.advanceWithTurns(1100);
  assert.deepEqual(attempts, [0, 1100]);

  let closed = false;
  const closing = port.close().then(() => (closed = true));
  await clock.advanceWithTurns(999);
  assert.equal(closed, false);
  await clock.advanceWithTurns(1);
  await closing;
});

test('reopening: what is written while the device is away is lost, and old openings have no say', async () => {
  const { clock, port, state, written, events } = device();
  await port.open(false);
  port.write(Buffer.from('one'));
  assert.equal(port.pending, 1);
  const old = state.present;
  old.ended('unplugged');
  assert.equal(port.pending, 0);
  port.write(Buffer.from('two'));
  await clock.advanceWithTurns(200);
  port.write(Buffer.from('three'));
  let heard = 0;
  port.onBytes = () => heard++;
  old.bytes(Buffer.from('late'));
  old.ended('late');
  await clock.advanceWithTurns(10);
  assert.deepEqual(written, ['one', 'three']);
  assert.deepEqual([heard, port.pending, port.isOpen], [0, 0, true]);
  assert.deepEqual(events, ['open', 'lost: unplugged', 'open']);
});

test('reopening: closing waits until the device has taken what was written, but not for ever', async () => {
  for (const takes of [true, false]) {
    const { clock, port, state } = device();
    state.takes = takes;
    await port.open(false);
    port.write(Buffer.from('a reset'));
    const start = clock.now();
    const closing = port.close().then(() => clock.now() - start);
    await clock.advanceWithTurns(takes ? 1 : 1000);
    assert.equal(await closing, takes ? 1 : 1000);
    assert.equal(state.open, 0);
  }
});

test('reopening: an absent device is an error at first, unless it is waited for', async () => {
  const { clock, port, state, events } = device();
  state.absent = true;
  await assert.rejects(port.open(false), { code: 'ENOENT' });
  assert.equal(clock.next, Infinity);
  await port.open(true);
  state.absent = false;
  await clock.advanceWithTurns(100);
  assert.deepEqual(events, ['open']);
});

test('reopening: each new reason not to be opened is told once, and anew after the next loss', async () => {
  const { clock, port, state, events } = device();
  await port.open(false);
  for (let loss = 0; loss < 2; loss++) {
    state.present.ended('unplugged');
    for (const refusal of ['forbidden', 'in use', 'forbidden', '']) {
      state.refusal = refusal;
      await clock.advanceWithTurns(5000);
    }
  }
  const told = ['lost: unplugged', 'refused: forbidden', 'refused: in use', 'open'];
  assert.deepEqual(events, ['open', ...told, ...told]);
});

test('reopening: nothing is told of a port that was closed meanwhile', async () => {
  const { clock, port, state, events } = device();
  state.absent = true;
  await port.open(true);
  state.absent = false;
  state.refusal = 'forbidden';
  clock.advance(100);
  await port.close();
  await clock.advanceWithTurns(10_000);
  assert.deepEqual(events, []);
});

test('reopening: closing while waiting ends the tries', async () => {
  const { clock, port, state, attempts } = device();
  state.absent = true;
  await port.open(true);
  await port.close();
  await clock.advanceWithTurns(10_000);
  assert.equal(attempts.length, 1);
});
