import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Stack } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import { add } from '../../src/tcp/seq.ts';
import { readInt32 } from '../../src/wire/bytes.ts';
import { parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, type Segment } from '../../src/wire/tcp.ts';
import { datagram, segmentBytes } from '../support/datagram.ts';
import { B, fixedRandom } from '../support/wire.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('nothing holds a connection that is closed, nor its user', async () => {
  const stack = new Stack({ address: B, random: fixedRandom(1) });
  const held: WeakRef<object>[] = [];
  const accept = (c: Connection) => {
    c.user = { opened() {}, readable() {}, writable() {}, closed() {} };
    held.push(new WeakRef(c), new WeakRef(c.user));
  };
  stack.tcp.listen({ port: 80, backlog: 1, deferAccept: true, halfOpen: new Set(), accept });
  const arrives = (fields: Partial<Segment>) =>
    stack.receive(datagram(segmentBytes({ sourcePort: 1, ...fields })), 0);
  arrives({ seq: 0 });
  const ack = add(readInt32(parseIpv4(stack.transmit(0)!, assert.fail)!.payload, 4), 1);
  arrives({ flags: Flag.ACK, seq: 1, ack });
  arrives({ flags: Flag.ACK, seq: 1, ack, text: Buffer.from('hello') });
  arrives({ flags: Flag.RST, seq: 6, ack });
  assert.equal(stack.transmit(0), undefined);
  assert.equal(stack.connectionCount, 0);
  await turn();
  collectGarbage();
  assert.equal(held.length, 2);
  assert.deepEqual(
    held.map((ref) => ref.deref()),
    [undefined, undefined],
  );
});
