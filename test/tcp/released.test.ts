import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Flag } from '../../src/wire/tcp.ts';
import { collectGarbage } from '../support/garbage.ts';
import { Hosts } from '../support/hosts.ts';

test('nothing holds a connection that is closed, nor its user', async () => {
  const hosts = new Hosts(1, {}, { deferAccept: true });
  hosts.open(1, Buffer.from('hello'));
  const held = hosts.accepted
    .splice(0)
    .flatMap((c) => [new WeakRef<object>(c), new WeakRef<object>(c.user!)]);
  assert.deepEqual(hosts.arrives(1, { flags: Flag.RST, seq: 1006 }), []);
  assert.equal(hosts.stack.connectionCount, 0);
  await turn();
  collectGarbage();
  assert.equal(held.length, 2);
  assert.deepEqual(
    held.map((ref) => ref.deref()),
    [undefined, undefined],
  );
});
