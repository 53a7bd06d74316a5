import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Capture } from './support/capture.ts';
import { scratchFolder } from './support/daemon.ts';
import { visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER, type Serving, startServing } from './support/serving.ts';

const skip = requirements();

/** The real line carries 11,520 bytes a second, so that a file of 1 MB would take a minute and a half. */
const LINES = [
  { name: 'a line as fast as the machine', baud: 0, fileSize: 1_000_000 },
  { name: 'a line of 115200 bps', baud: 115_200, fileSize: 100_000 },
];

/** On a paced line nothing is lost, so nothing is to be sent twice. */
const REPEATED = 'tcp.analysis.retransmission || tcp.analysis.spurious_retransmission';

for (const { name, baud, fileSize } of LINES) {
  describe(`the Linux kernel, over ${name}`, { skip }, () => {
    let serving: Serving;
    let capture: Capture;
    before(async () => {
      serving = await startServing({ baud });
      capture = await serving.peer.capture();
    });
    after(() => serving.stop());

    test('gets all its pings answered', async () => {
      const { stdout } = await serving.peer.exec('ping', '-c', '5', '-i', '0.2', SERVER);
      assert.match(stdout, /5 received, 0% packet loss/);
    });

    test('is shown the front page, which counts its visitors', async () => {
      const first = visitorNumber(await serving.peer.curl(FRONT_PAGE));
      const second = visitorNumber(await serving.peer.curl(FRONT_PAGE));
      assert.equal(second, first + 1);
    });

    test('is told of its own address', async () => {
      assert.match(await serving.peer.curl(FRONT_PAGE), /192\.168\.7\.1\b/);
    });

    test('finds a page that is not there not found', async () => {
      const status = await serving.peer.curl(`${FRONT_PAGE}nowhere`, '-w', '%{http_code}', '-o', '/dev/null');
      assert.equal(status, '404');
    });

    test('is served twenty times at once, each time as another visitor', async () => {
      const visits = Array.from({ length: 20 }, () => serving.peer.curl(FRONT_PAGE));
      const numbers = (await Promise.all(visits)).map(visitorNumber).sort((a, b) => a - b);
      assert.deepEqual(
        numbers,
        Array.from({ length: 20 }, (_, i) => numbers[0]! + i),
      );
    });

    test('sees no bad checksum in all this', async () => {
      await (await capture.stop()).assertChecksums();
    });
  });

  describe(`the Linux kernel, downloading over ${name}`, { skip }, () => {
    const file = randomBytes(fileSize);
    let serving: Serving;
    before(async () => {
      const site = scratchFolder();
      writeFileSync(join(site, 'file.bin'), file);
      serving = await startServing({ baud }, '--site', site, '--baud', String(baud));
    });
    after(() => serving.stop());

    test(`gets a file of ${fileSize / 1000} kB unharmed, with good checksums`, async (t) => {
      const capture = await serving.peer.capture();
      const started = performance.now();
      const curl = serving.peer.spawn('curl', '-sS', '--max-time', '60', `${FRONT_PAGE}file.bin`);
      const { code, stderr } = await curl.finished();
      assert.equal(code, 0, stderr);
      assert.equal(sha256(curl.bytes('stdout')), sha256(file));
      const share = (fileSize * 1000) / (performance.now() - started) / (baud / 10);
      if (baud > 0) {
        t.diagnostic(`${share} of what the line carries`);
        // A busy machine slows it down; how fast it is on an idle one is for the benches to say.
        assert.ok(share > 0.5 && share < 1, `${share} of what the line carries`);
      }
      const recording = await capture.stop();
      await recording.assertChecksums();
      if (baud > 0) assert.deepEqual(await recording.datagrams(REPEATED, 'ip.src', 'tcp.seq'), []);
    });

    test('never had to stop the daemon, which does not fill the FIFO', async () => {
      const { stops, lost } = await serving.peer.stats();
      assert.deepEqual({ stops, lost }, { stops: 0, lost: 0 });
    });
  });
}

describe('the Linux kernel, downloading over a line that turns over a bit in 100,000', { skip }, () => {
  test('gets a file unharmed all the same', async (t) => {
    const file = randomBytes(100_000);
    const site = scratchFolder();
    writeFileSync(join(site, 'file.bin'), file);
    const serving = await startServing({ bitErrorRate: 1e-5 }, '--site', site);
    t.after(() => serving.stop());
    const curl = serving.peer.spawn('curl', '-sS', '--max-time', '60', `${FRONT_PAGE}file.bin`);
    const { code, stderr } = await curl.finished();
    assert.equal(code, 0, stderr);
    assert.equal(sha256(curl.bytes('stdout')), sha256(file));
    assert.ok((await serving.peer.stats()).flipped > 0);
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
