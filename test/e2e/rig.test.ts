import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { ReadStream } from 'node:tty';
import { KernelPeer, type KernelPeerOptions } from './support/kernel-peer.ts';
import { requirements } from './support/requirements.ts';

const skip = requirements();
const FILE = randomBytes(100_000);

/** Two kernels at the ends of one line, so that what fails here is the rig. */
async function twoKernels(t: TestContext, options: KernelPeerOptions = {}) {
  const near = await KernelPeer.start(options);
  const far = await KernelPeer.start({ address: '192.168.7.2', peer: '192.168.7.1', port: near.port });
  // The far one first: its tty goes with the near one.
  t.after(() => far.stop().finally(() => near.stop()));
  return { near, far };
}

describe('the rig, between two kernels', { skip }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rig-'));
    writeFileSync(join(folder, 'file'), FILE);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** The second kernel serves `folder`. @returns the first one */
  const clientOf = async (t: TestContext, options: KernelPeerOptions = {}) => {
    const { near, far } = await twoKernels(t, options);
    const server = far.spawn('python3', '-u', '-m', 'http.server', '80', '--directory', folder);
    t.after(() => server.kill('SIGKILL'));
    await server.wrote('stdout', /^Serving HTTP/);
    return near;
  };

  const sha256OfDownload = async (peer: KernelPeer) => {
    const curl = peer.spawn('curl', '-sS', '--max-time', '60', 'http://192.168.7.2/file');
    const { code, stderr } = await curl.finished();
    assert.equal(code, 0, stderr);
    return sha256(curl.bytes('stdout'));
  };

  test('carries pings and files, and finds every checksum good in both directions', async (t) => {
    const peer = await clientOf(t);
    const capture = await peer.capture();
    const ping = await peer.exec('ping', '-c', '3', '-i', '0.05', '192.168.7.2');
    assert.match(ping.stdout, / 0% packet loss/);
    assert.equal(await sha256OfDownload(peer), sha256(FILE));
    await (await capture.stop()).assertChecksums();
  });

  test('keeps the pace of a UART, and stops a writer whose FIFO is full', async (t) => {
    const peer = await clientOf(t, { baud: 460_800 });
    const before = await peer.stats();
    const started = performance.now();
    assert.equal(await sha256OfDownload(peer), sha256(FILE));
    const seconds = (performance.now() - started) / 1000;
    const { backBytes, stops, lost } = await peer.stats();
    assert.ok(backBytes - before.backBytes <= 46_080 * seconds, 'never faster than the line');
    assert.ok(stops > 0);
    assert.equal(lost, 0);

    const durations: number[] = [];
    for (let seed = 1; seed <= 5; seed++) {
      const noisy = performance.now();
      await peer.noise(5760, seed);
      durations.push(performance.now() - noisy);
    }
    // A busy machine may delay any of them, but nothing may hasten one.
    const fastest = Math.min(...durations);
    assert.ok(fastest >= 125 && fastest < 140, `${durations} ms for an eighth of a second of bytes`);
  });

  test('turns over bits as often as told, and TCP lives through it', async (t) => {
    const peer = await clientOf(t, { bitErrorRate: 2e-5 });
    assert.equal(await sha256OfDownload(peer), sha256(FILE));
    const { flipped, outBytes, backBytes } = await peer.stats();
    const expected = (outBytes + backBytes) * 8 * 2e-5;
    assert.ok(Math.abs(flipped - expected) < 6 * Math.sqrt(expected), `${flipped} for ${expected}`);
  });
});

describe('the rig, looked at from the other end of its pty', { skip }, () => {
  let peer: KernelPeer;
  let port: ReadStream;
  before(async () => {
    peer = await KernelPeer.start();
    port = new ReadStream(openSync(peer.port, 'r+'));
  });
  after(async () => {
    port.destroy();
    await peer.stop();
  });

  test('speaks SLIP: END around the frame, ESC before both in it', async () => {
    const ping = peer.spawn('ping', '-c', '1', '-s', '20', '-p', 'c0db', '192.168.7.2');
    const wire = await bytesUntil(port, (bytes) => bytes.length > 1 && bytes.at(-1) === 0xc0);
    await ping.kill('SIGKILL');
    const [start, ...frame] = wire;
    assert.equal(start, 0xc0);
    assert.equal(frame.indexOf(0xc0), frame.length - 1);
    // A timestamp of 16 bytes, then the pattern.
    assert.equal(wire.subarray(-9, -1).toString('hex'), 'dbdcdbdddbdcdbdd');
  });

  test('puts raw bytes on the line', async () => {
    const arrived = bytesUntil(port, (bytes) => bytes.length === 4);
    await peer.inject(Uint8Array.of(0x00, 0xc0, 0xdb, 0xff));
    assert.equal((await arrived).toString('hex'), '00c0dbff');
  });
});

describe('the rig, given a bad checksum', { skip }, () => {
  const cases: [string, (datagram: Buffer) => void][] = [
    ['of IP', (datagram) => datagram.writeUInt8(63, 8)],
    ['of TCP', (datagram) => datagram.writeUInt8(1, 39)],
  ];
  for (const [name, damage] of cases) {
    test(`finds that ${name}`, async (t) => {
      const { near, far } = await twoKernels(t);
      const capture = await far.capture();
      // A reset from port 80 to port 80, its checksums right.
      const datagram = Buffer.from(
        '45000028000040004006ab7cc0a80701c0a80702' + '005000500000000000000000500400001fed0000',
        'hex',
      );
      await near.inject(framed(datagram));
      damage(datagram);
      await near.inject(framed(datagram));
      await far.exec('ping', '-c', '1', '192.168.7.1');
      const recording = await capture.stop();
      const status = await recording.datagrams('tcp', 'ip.checksum.status', 'tcp.checksum.status');
      assert.equal(status.length, 2);
      assert.deepEqual(Object.values(status[0]!), ['1', '1']);
      await assert.rejects(recording.assertChecksums(), /bad checksums/);
    });
  }
});

/** In SLIP, a datagram that holds neither END nor ESC but as a first address byte. */
function framed(datagram: Buffer): Buffer {
  const escaped = datagram.toString('hex').replaceAll('c0', 'dbdc');
  return Buffer.from(`c0${escaped}c0`, 'hex');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bytesUntil(source: ReadStream, enough: (bytes: Buffer) => boolean): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  return new Promise((resolve) => {
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!enough(bytes)) return;
      source.off('data', take);
      resolve(bytes);
    };
    source.on('data', take);
  });
}
