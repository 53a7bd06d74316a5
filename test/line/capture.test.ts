import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CaptureOptions, captureLine, tapLines } from '../../src/line/capture.ts';
import { CaptureFile } from '../../src/line/capture-file.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { packet } from '../support/vj.ts';

const skip = spawnSync('tshark', ['-v']).status === 0 ? false : 'tshark is not installed: it reads the files';

function captured(t: TestContext, options: CaptureOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'capture-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'line.pcapng');
  const clock = new VirtualClock();
  const { a, b } = new VirtualLine({ clock });
  const line = captureLine(a, file, { now: () => 1_700_000_000_000 + clock.now(), ...options });
  return { clock, file, line, far: b };
}

/** One line of fields for each packet that tshark finds; it must find nothing to complain about. */
function tshark(file: string, ...fields: string[]): string[] {
  const list = fields.flatMap((field) => ['-e', field]);
  const { stdout, stderr, status } = spawnSync('tshark', ['-r', file, '-T', 'fields', ...list], {
    encoding: 'utf8',
  });
  const complaints = stderr.split('\n').filter((text) => text && !/^Running as user/.test(text));
  assert.deepEqual([status, complaints], [0, []]);
  return stdout.split('\n').filter(Boolean);
}

test('capture: tshark reads datagrams of both directions, with their times', { skip }, async (t) => {
  const { clock, file, line, far } = captured(t);
  line.send(packet({ text: 100 }));
  clock.advance(200.25);
  far.send(packet({ text: 3, id: 9 }));
  clock.advance(100);
  await line.close();
  const packets = tshark(
    file,
    'frame.time_epoch',
    'frame.packet_flags_direction',
    'ip.len',
    'tcp.len',
    'frame.protocols',
  );
  assert.equal(packets.length, 2);
  assert.match(packets[0]!, /^1700000000\.000000000\t(2|0x0*2)\t140\t100\traw:ip:tcp/);
  assert.match(packets[1]!, /^1700000000\.204330000\t(1|0x0*1)\t43\t3\traw:ip:tcp/);
});

test('capture: what is refused is there, with the reason', { skip }, async (t) => {
  const { clock, file, line, far } = captured(t);
  const reasons: string[] = [];
  line.onDrop = (reason) => reasons.push(reason);
  line.onDatagram = () => line.remark('ip-checksum');
  far.send(packet({ id: 1 }));
  far.send(new Uint8Array(12).fill(0x45));
  clock.advance(100);
  line.send(packet({ text: 1000 }));
  line.send(packet({ id: 2 }));
  far.send(new Uint8Array(0));
  far.send(new Uint8Array(5000).fill(0x45));
  clock.advance(1000);
  await line.close();
  assert.deepEqual(tshark(file, 'frame.comment'), [
    'dropped: ip-checksum',
    'dropped: slip-tiny',
    'dropped: slip-not-ready',
    'dropped: slip-oversize',
  ]);
  assert.deepEqual(reasons, ['slip-tiny', 'slip-not-ready', 'slip-oversize']);
});

test('capture: the file is readable while it grows', { skip }, async (t) => {
  const { clock, file, line } = captured(t);
  for (let written = 1; written <= 3; written++) {
    line.send(packet({ id: written }));
    clock.advance(100);
    while (statSync(file).size < 48 + written * 84) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(tshark(file, 'ip.id').length, written);
  }
  await line.close();
});

test('capture: two files hold the newest, and neither grows beyond its size', { skip }, async (t) => {
  const { clock, file, line } = captured(t, { maxBytes: 1000 });
  for (let id = 0; id < 50; id++) {
    line.send(packet({ id }));
    clock.advance(100);
  }
  await line.close();
  const ids = [`${file}.1`, file].flatMap((name) => {
    assert.ok(statSync(name).size <= 1000);
    return tshark(name, 'ip.id').map(Number);
  });
  assert.equal(ids.at(-1), 49);
  assert.deepEqual(
    ids,
    ids.map((_, i) => 50 - ids.length + i),
  );
  assert.equal(existsSync(`${file}.2`), false);
});

test('capture: several lines share a file, each by its name', { skip }, async (t) => {
  const { clock, file } = captured(t);
  const ends = [new VirtualLine({ clock }), new VirtualLine({ clock })];
  const shared = new CaptureFile(file, 100_000, ['/dev/ttyS0', '/dev/ttyS1'], () => {});
  const lines = tapLines(
    ends.map(({ a }) => a),
    shared,
  );
  lines[0]!.send(packet({ id: 1 }));
  ends[1]!.b.send(packet({ id: 2 }));
  clock.advance(100);
  await shared.close();
  assert.deepEqual(tshark(file, 'frame.interface_name', 'ip.id'), [
    '/dev/ttyS0\t0x0001',
    '/dev/ttyS1\t0x0002',
  ]);
});

test('capture: a file that cannot be written is an error at the start', (t) => {
  assert.throws(
    () => captured(t).line && captureLine(new VirtualLine({ clock: new VirtualClock() }).a, '/nowhere/x'),
    {
      code: 'ENOENT',
    },
  );
});

test('capture: the line goes on when the disk is full', {
  skip: existsSync('/dev/full') ? false : 'no /dev/full',
}, async (t) => {
  const { clock } = captured(t);
  const { a, b } = new VirtualLine({ clock });
  let onError = (_: Error) => {};
  const failed = new Promise<Error>((resolve) => (onError = resolve));
  const line = captureLine(a, '/dev/full', { onError });
  let arrived = 0;
  b.onDatagram = () => arrived++;
  line.send(packet());
  assert.match((await failed).message, /ENOSPC/);
  clock.advance(100);
  line.send(packet());
  clock.advance(100);
  assert.equal(arrived, 2);
  await line.close();
});

test('capture: it is the line below in all else', async (t) => {
  const { clock, line, far } = captured(t);
  assert.deepEqual([line.ready, line.isOpen, line.baud], [true, true, 115_200]);
  line.baud = 9600;
  let ready = 0;
  line.onReady = () => ready++;
  line.send(packet({ text: 500 }));
  assert.equal(line.ready, false);
  clock.advance(600);
  assert.equal(ready, 1);
  assert.equal(line.counters['frames-sent'], 1);
  assert.equal(far.counters['frames-received'], 1);
  await line.close();
});
