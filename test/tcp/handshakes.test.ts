import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add } from '../../src/tcp/seq.ts';
import { Flag } from '../../src/wire/tcp.ts';
import { Hosts } from '../support/hosts.ts';

test('past its backlog a handshake costs no memory, and the acknowledgment of the cookie opens it', () => {
  const hosts = new Hosts(2);
  for (const port of [1, 2, 3]) hosts.arrives(port, {});
  assert.equal(hosts.stack.connectionCount, 2);
  assert.equal(hosts.stack.counters.cookiesOut, 1);
  hosts.open(4, Buffer.from('hello'), { options: { mss: 700, sackPermitted: true } });
  const [c] = hosts.accepted;
  assert.equal(c?.state, 'ESTABLISHED');
  assert.equal(c.sndMss, 536);
  assert.equal(c.sackPermitted, true);
  assert.equal(Buffer.from(c.receive()!).toString(), 'hello');
});

test('a cookie announces what a handshake with state does', () => {
  for (const options of [{}, { timestamps: true, receiveBuffer: 1_000_000 }, { sack: false }]) {
    const offer = { mss: 1460, windowScale: 7, sackPermitted: true, timestamps: { value: 9, echo: 0 } };
    const [withState] = new Hosts(1, options).arrives(1, { options: offer });
    const hosts = new Hosts(0, options);
    const [cookie] = hosts.arrives(1, { options: offer });
    assert.equal(cookie?.options.mss, withState?.options.mss);
    assert.equal(cookie?.window, withState?.window);
    assert.equal(cookie?.options.sackPermitted, withState?.options.sackPermitted);
    assert.equal(cookie?.options.timestamps?.echo, withState?.options.timestamps?.echo);
    if ('timestamps' in options) assert.equal(cookie?.options.windowScale, withState?.options.windowScale);
  }
});

test('where the table is full the SYN is answered, and its sender let in once there is room', () => {
  const hosts = new Hosts(10, { maxConnections: 1 });
  hosts.open(1);
  const [synAck] = hosts.arrives(2, { seq: 1000 });
  const request = { flags: Flag.ACK, seq: 1001, ack: add(synAck!.seq, 1), text: Buffer.from('hello') };
  assert.deepEqual(hosts.arrives(2, request), []);
  assert.equal(hosts.stack.connectionCount, 1);
  hosts.accepted[0]!.abort();
  hosts.transmitted();
  hosts.arrives(2, request);
  assert.equal(Buffer.from(hosts.accepted[1]!.receive()!).toString(), 'hello');
});

test('a second segment that overtakes the acknowledgment of a cookie does not undo the handshake', () => {
  const hosts = new Hosts(0);
  const [synAck] = hosts.arrives(1, { seq: 1000 });
  const segment = { flags: Flag.ACK, ack: add(synAck!.seq, 1) };
  assert.deepEqual(hosts.arrives(1, { ...segment, seq: 1006, text: Buffer.from('world') }), []);
  hosts.arrives(1, { ...segment, seq: 1001, text: Buffer.from('hello') });
  hosts.arrives(1, { ...segment, seq: 1006, text: Buffer.from('world') });
  assert.equal(Buffer.from(hosts.accepted[0]!.receive()!).toString(), 'helloworld');
});

test('a SYN that comes again before its answer can have arrived draws no other', () => {
  const hosts = new Hosts(0);
  assert.equal(hosts.arrives(1, {}).length, 1);
  hosts.now += 1000;
  assert.equal(hosts.arrives(1, {}).length, 0);
  assert.equal(hosts.stack.counters['tcp-syn-repeated'], 1);
  hosts.now += 6000;
  assert.equal(hosts.arrives(1, {}).length, 1);
});

test('a closed listener answers none of those who wait for it', () => {
  const hosts = new Hosts(0, { baud: 9600 });
  for (let port = 1; port <= 20; port++) hosts.arrives(port, {});
  assert.ok(hosts.stack.tcp.handshakes.areWaiting);
  hosts.stack.tcp.unlisten(hosts.listener);
  hosts.now += 60_000;
  assert.deepEqual(hosts.transmitted(), []);
});

test('the cookie of a connection that is gone does not open another', () => {
  const hosts = new Hosts(0);
  const [synAck] = hosts.arrives(1, { seq: 1000 });
  const request = { flags: Flag.ACK, seq: 1001, ack: add(synAck!.seq, 1), text: Buffer.from('hello') };
  hosts.arrives(1, request);
  hosts.accepted[0]!.abort();
  hosts.transmitted();
  const [reset] = hosts.arrives(1, request);
  assert.equal(reset?.flags, Flag.RST);
  assert.equal(reset.seq, request.ack);
  assert.equal(hosts.accepted.length, 1);
});

test('a SYN that was given up for lost is not answered once its connection is open', () => {
  const hosts = new Hosts(0, { baud: 9600 });
  const [synAck] = hosts.arrives(1, { seq: 1000 });
  for (let port = 2; port <= 20; port++) hosts.arrives(port, {});
  hosts.now += 4000;
  hosts.transmitted();
  hosts.arrives(1, { seq: 1000 });
  hosts.arrives(1, { flags: Flag.ACK, seq: 1001, ack: add(synAck!.seq, 1) });
  assert.equal(hosts.accepted[0]?.state, 'ESTABLISHED');
  const answered: number[] = [];
  for (let i = 0; i < 30; i++) {
    hosts.now += 1000;
    answered.push(...hosts.transmitted().map(({ destinationPort }) => destinationPort));
  }
  assert.ok(answered.length > 0);
  assert.ok(!answered.includes(1));
});
