import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { requirements } from './support/requirements.ts';
import { SERVER, type Serving, startServing } from './support/serving.ts';

const skip = requirements();

describe('what is not served', { skip }, () => {
  let serving: Serving;
  before(async () => {
    serving = await startServing();
  });
  after(() => serving.stop());

  test('UDP: port unreachable', async () => {
    assert.deepEqual(await serving.peer.sees('udp', SERVER, 53, 10), { error: 'ConnectionRefusedError' });
  });

  test('UDP in three fragments, put together: port unreachable', async () => {
    assert.deepEqual(await serving.peer.sees('udp', SERVER, 53, 3500), { error: 'ConnectionRefusedError' });
  });

  test('a protocol of RFC 3692, for experiments: protocol unreachable', async () => {
    const { from, type, code, about } = await serving.peer.sees('protocol', SERVER, 253);
    assert.deepEqual({ from, type, code, about }, { from: SERVER, type: 3, code: 2, about: 253 });
  });

  test('TCP to a closed port: refused at the first SYN', async () => {
    const capture = await serving.peer.capture();
    const { error } = await serving.peer.sees('knock', SERVER, 81);
    assert.equal(error, 'ConnectionRefusedError');
    const segments = await (await capture.stop()).datagrams('tcp', 'tcp.dstport', 'tcp.flags.str');
    assert.deepEqual(
      segments.map((segment) => segment['tcp.flags.str']),
      ['··········S·', '·······A·R··'],
    );
  });
});
