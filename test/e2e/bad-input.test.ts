import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { refusals, visitorNumber } from './support/pages.ts';
import { requirements } from './support/requirements.ts';
import { FRONT_PAGE, SERVER, type Serving, startServing } from './support/serving.ts';

const skip = requirements();

/** A fast line, so that ten seconds bring many bytes. */
const BAUD = 921_600;
const TEN_SECONDS = BAUD;

describe('bad input', { skip }, () => {
  let serving: Serving;
  /** It takes its time: it is left to wait while the other tests go on. */
  let unfinished: Promise<Record<string, unknown>>;
  before(async () => {
    serving = await startServing({ baud: BAUD }, '--baud', String(BAUD));
    unfinished = serving.peer.sees('unfinished', SERVER);
    unfinished.catch(() => {});
  });
  after(() => serving.stop());

  test('a request in 200 segments of one byte is served', async () => {
    const capture = await serving.peer.capture();
    const { status } = await serving.peer.sees('trickle', SERVER, 200);
    assert.equal(status, 'HTTP/1.1 200 OK');
    const recording = await capture.stop();
    const bytes = await recording.datagrams('tcp.dstport == 80 && tcp.len == 1', 'tcp.seq');
    assert.equal(new Set(bytes.map((segment) => segment['tcp.seq'])).size, 200);
  });

  test('ten seconds of random bytes are refused for stated reasons, and the next request is served', async () => {
    const status = () => serving.peer.curl(`${FRONT_PAGE}status`);
    const before = refusals(await status());
    const { frames } = await serving.peer.noise(TEN_SECONDS, 1);
    assert.ok(visitorNumber(await serving.peer.curl(FRONT_PAGE)) > 0);

    const increases = Object.entries(refusals(await status()))
      .map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const)
      .filter(([, count]) => count > 0);
    assert.ok(increases.length >= 2, `several reasons, not only ${increases}`);
    const refused = increases.reduce((sum, [, count]) => sum + count, 0);
    assert.ok(refused > 0.99 * frames, `${refused} of ${frames} frames: ${increases}`);
    assert.equal((await serving.peer.stats()).lost, 0, 'the daemon kept reading');
  });

  test('a request that is never finished is closed with 408', { timeout: 160_000 }, async (t) => {
    const { status, seconds } = await unfinished;
    assert.match(String(status), /^HTTP\/1\.1 408 /);
    t.diagnostic(`after ${seconds} s`);
  });
});
