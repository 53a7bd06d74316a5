import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileHeader, OUTBOUND, type Packet, packetBlock } from '../../src/line/pcapng.ts';
import { Recorder } from '../../src/line/recorder.ts';

const packet = (id: number): Packet => ({
  bytes: Uint8Array.of(0x45, id, id),
  interface: 0,
  time: id,
  direction: OUTBOUND,
  comments: [],
});
const captureOf = (ids: number[]) =>
  Buffer.concat([fileHeader(['a', 'b']), ...ids.map((id) => packetBlock(packet(id)))]);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const recorder = () => new Recorder(['a', 'b'], { maxBytes: 100_000, onError: () => {} });

test('the last 64 datagrams are in memory, in their order, whatever becomes of their bytes', () => {
  const recent = recorder();
  for (const id of range(0, 3)) {
    const used = packet(id);
    recent.write(used);
    used.bytes.fill(0xff);
  }
  assert.deepEqual(recent.recent(), captureOf(range(0, 3)));
  for (const id of range(3, 200)) recent.write(packet(id));
  assert.deepEqual(recent.recent(), captureOf(range(136, 200)));
});

test('a file has what was written between its start and its end; the one before is kept', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recorder-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'x.pcapng');
  const recent = recorder();
  for (const id of [0, 10]) {
    recent.write(packet(id));
    recent.start(path);
    assert.equal(recent.path, path);
    for (const next of range(id + 1, id + 4)) recent.write(packet(next));
    await recent.stop();
    assert.equal(recent.path, undefined);
  }
  assert.deepEqual(readFileSync(path), captureOf(range(11, 14)));
  assert.deepEqual(readFileSync(`${path}.1`), captureOf(range(1, 4)));
});

test('a file that cannot be begun is an error, and none is being written', () => {
  const recent = recorder();
  assert.throws(() => recent.start('/no/such/file'), { code: 'ENOENT' });
  assert.equal(recent.path, undefined);
});
