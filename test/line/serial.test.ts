import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PortError, serialPortError } from '../../src/line/port-error.ts';
import { openSerialLine, type SerialOptions } from '../../src/line/serial.ts';
import type { SlipLine } from '../../src/line/slip-line.ts';
import { noSocat, PtyPair } from '../support/pty-pair.ts';

const skip = noSocat;

async function pair(t: TestContext, plugged = true): Promise<PtyPair> {
  const ptys = new PtyPair();
  t.after(() => ptys.remove());
  if (plugged) await ptys.plug();
  return ptys;
}

async function open(t: TestContext, options: SerialOptions): Promise<SlipLine> {
  const line = await openSerialLine(options);
  t.after(() => line.close());
  return line;
}

/** The next call of a callback of a line: its argument, and how long it took to come, in ms. */
function next<Name extends 'onLost' | 'onRefused' | 'onRestored' | 'onDatagram'>(line: SlipLine, name: Name) {
  const start = performance.now();
  return new Promise<{ value: unknown; ms: number }>((resolve) => {
    line[name] = ((value?: unknown) => {
      resolve({ value: value instanceof Uint8Array ? value.slice() : value, ms: performance.now() - start });
    }) as SlipLine[Name];
  });
}

const datagram = (fill: number, length = 100) => {
  const bytes = new Uint8Array(length).fill(fill);
  bytes[0] = 0x45;
  return bytes;
};

test('serial: datagrams of every byte value cross between two ports', { skip }, async (t) => {
  const ptys = await pair(t);
  const a = await open(t, { path: ptys.a });
  const b = await open(t, { path: ptys.b });
  const all = Uint8Array.from({ length: 300 }, (_, i) => (i === 0 ? 0x45 : i));
  const arrival = next(b, 'onDatagram');
  a.send(all);
  assert.deepEqual((await arrival).value, all);
  const answer = next(a, 'onDatagram');
  b.send(datagram(0xc0));
  assert.deepEqual((await answer).value, datagram(0xc0));
});

test('serial: a transfer runs at the line rate and arrives whole', { skip }, async (t) => {
  const ptys = await pair(t);
  const a = await open(t, { path: ptys.a });
  const b = await open(t, { path: ptys.b });
  const start = performance.now();
  let [sent, received] = [0, 0];
  const done = new Promise<void>((resolve) => {
    b.onDatagram = (bytes) => {
      assert.deepEqual(bytes, datagram(received, 574));
      if (++received === 20) resolve();
    };
  });
  a.onReady = () => {
    while (a.ready && sent < 20) a.send(datagram(sent++, 574));
  };
  a.onReady();
  await done;
  const ms = performance.now() - start;
  assert.ok(ms >= 19 * 50 - 40, `${ms} ms for 20 datagrams of 50 ms each, the first two at once`);
});

test('serial: unpaced, backpressure alone holds back, and frames keep their boundaries', {
  skip,
}, async (t) => {
  const ptys = await pair(t);
  const a = await open(t, { path: ptys.a, baud: 0 });
  const b = await open(t, { path: ptys.b, baud: 0 });
  let [sent, received] = [0, 0];
  const done = new Promise<void>((resolve) => {
    b.onDatagram = (bytes) => {
      assert.equal(bytes.length, 1500);
      assert.equal(bytes[1], received % 256);
      if (++received === 300) resolve();
    };
  });
  a.onReady = () => {
    while (a.ready && sent < 300) a.send(datagram(sent++ % 256, 1500));
  };
  a.onReady();
  await done;
  assert.equal(a.counters['slip-not-ready'], 0);
});

test('serial: a port that does not exist is named', async () => {
  await assert.rejects(openSerialLine({ path: '/dev/ttyNONE' }), (error: PortError) => {
    assert.ok(error instanceof PortError);
    assert.equal(error.code, 'ENOENT');
    assert.equal(error.message, 'port /dev/ttyNONE does not exist');
    return true;
  });
});

test('serial: what is no serial port is refused', async (t) => {
  const ptys = await pair(t, false);
  writeFileSync(ptys.a, '');
  for (const path of [ptys.a, ptys.folder]) {
    await assert.rejects(openSerialLine({ path }), {
      code: 'ENOTTY',
      message: `${path} is not a serial port`,
    });
  }
});

test('serial: a port in use is refused, and free again once it is closed', { skip }, async (t) => {
  const ptys = await pair(t);
  const first = await openSerialLine({ path: ptys.a });
  await assert.rejects(openSerialLine({ path: ptys.a }), {
    code: 'EBUSY',
    message: `port ${ptys.a} is in use by another program`,
  });
  await first.close();
  await open(t, { path: ptys.a });
});

test('serial: a port that may not be opened names the group to join', async (t) => {
  const ptys = await pair(t, false);
  writeFileSync(ptys.a, '');
  const group = execFileSync('stat', ['-c', '%G', ptys.a], { encoding: 'utf8' }).trim();
  const error = await serialPortError(ptys.a, new Error(`Error: Permission denied, cannot open ${ptys.a}`));
  assert.equal(error.code, 'EACCES');
  assert.match(error.message, new RegExp(`belongs to the group ${group} \\(sudo usermod -aG ${group} `));
  assert.doesNotMatch(error.message, /\n/);
});

test('serial: an unknown failure is passed on in one line', async () => {
  const error = await serialPortError(
    '/dev/ttyS9',
    new Error('Error: Input/output error setting custom baud rate'),
  );
  assert.equal(error.code, 'EIO');
  assert.equal(
    error.message,
    'port /dev/ttyS9 cannot be opened: Input/output error setting custom baud rate',
  );
});

test('serial: a port that is not there yet is waited for', { skip }, async (t) => {
  const ptys = await pair(t, false);
  const line = await open(t, { path: ptys.a, wait: true });
  assert.deepEqual([line.isOpen, line.ready], [false, false]);
  line.send(datagram(1));
  assert.equal(line.counters['slip-closed'], 1);
  const restored = next(line, 'onRestored');
  await ptys.plug();
  const { ms } = await restored;
  assert.ok(ms < 2000 + 500, `${ms} ms`);
  assert.equal(line.ready, true);
});

test('serial: a port that is there but unfit is not waited for', async (t) => {
  const ptys = await pair(t, false);
  writeFileSync(ptys.a, '');
  await assert.rejects(openSerialLine({ path: ptys.a, wait: true }), { code: 'ENOTTY' });
});

test('serial: an unplugged device is noticed within a second, reopened within two of its return, and nothing stale is sent', {
  skip,
}, async (t) => {
  const ptys = await pair(t);
  const a = await open(t, { path: ptys.a });
  const lost = next(a, 'onLost');
  await ptys.unplug();
  const loss = await lost;
  assert.equal(typeof loss.value, 'string');
  assert.ok(loss.ms < 1000, `${loss.ms} ms`);
  assert.equal(a.ready, false);
  a.send(datagram(1));
  assert.equal(a.counters['slip-closed'], 1);

  const restored = next(a, 'onRestored');
  await ptys.plug();
  assert.ok((await restored).ms < 2000 + 500);
  const b = await open(t, { path: ptys.b });
  const arrival = next(b, 'onDatagram');
  a.send(datagram(2));
  assert.deepEqual((await arrival).value, datagram(2));
});

test('serial: a symbolic link that leads to another device is followed', { skip }, async (t) => {
  const [one, two] = [await pair(t), await pair(t)];
  const path = join(one.folder, 'link');
  symlinkSync(one.a, path);
  const a = await open(t, { path });
  const b = await open(t, { path: two.b });
  const [lost, restored] = [next(a, 'onLost'), next(a, 'onRestored')];
  symlinkSync(two.a, `${path}.new`);
  renameSync(`${path}.new`, path);
  const loss = await lost;
  assert.equal(loss.value, `${path} is another device now`);
  assert.ok(loss.ms < 1000);
  assert.ok((await restored).ms < 2000);
  const arrival = next(b, 'onDatagram');
  a.send(datagram(3));
  assert.deepEqual((await arrival).value, datagram(3));
});

test('serial: a link that is removed under an open device counts as unplugged', { skip }, async (t) => {
  const ptys = await pair(t);
  const path = join(ptys.folder, 'link');
  symlinkSync(ptys.a, path);
  const a = await open(t, { path });
  const lost = next(a, 'onLost');
  unlinkSync(path);
  assert.equal((await lost).value, `${path} has vanished`);
  const restored = next(a, 'onRestored');
  symlinkSync(ptys.a, path);
  assert.ok((await restored).ms < 2000);
});

test('serial: what has come in the place of a device and cannot be opened is told', { skip }, async (t) => {
  const ptys = await pair(t);
  const path = join(ptys.folder, 'link');
  symlinkSync(ptys.a, path);
  const a = await open(t, { path });
  const refused = next(a, 'onRefused');
  unlinkSync(path);
  writeFileSync(path, '');
  assert.equal((await refused).value, `${path} is not a serial port`);
});

test('serial: losing the device again and again leaves no descriptor open and no core busy', {
  skip,
}, async (t) => {
  const [one, two] = [await pair(t), await pair(t)];
  const path = join(one.folder, 'link');
  symlinkSync(one.a, path);
  const a = await open(t, { path });
  const before = readdirSync('/proc/self/fd').length;
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  for (let cycle = 0; cycle < 5; cycle++) {
    const restored = next(a, 'onRestored');
    symlinkSync(cycle % 2 ? one.a : two.a, `${path}.new`);
    renameSync(`${path}.new`, path);
    await restored;
  }
  const { user, system } = process.cpuUsage(cpu);
  const share = (user + system) / 1000 / (performance.now() - start);
  assert.ok(readdirSync('/proc/self/fd').length <= before);
  assert.ok(share < 0.2, `${share} of a core`);
});

test('serial: DTR is kept at close when asked for, and dropped otherwise', { skip }, async (t) => {
  const ptys = await pair(t);
  const flag = () => /-?hupcl/.exec(execFileSync('stty', ['-F', ptys.a, '-a'], { encoding: 'utf8' }))?.[0];
  execFileSync('stty', ['-F', ptys.a, 'hupcl']);
  const kept = await openSerialLine({ path: ptys.a, hupcl: false });
  assert.equal(flag(), '-hupcl');
  await kept.close();
  const dropped = await openSerialLine({ path: ptys.a });
  assert.equal(flag(), 'hupcl');
  await dropped.close();
});
