import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { add } from '../../src/tcp/seq.ts';
import { Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, parseSegment, type Segment } from '../../src/wire/tcp.ts';
import { datagram, segmentBytes } from '../support/datagram.ts';
import { B, fixedRandom } from '../support/wire.ts';

/** A stack that listens at port 80, and peers of whom each has a port. */
class Hosts {
  readonly stack: Stack;
  readonly listener: Listener;
  readonly accepted: Connection[] = [];
  now = 1000;

  constructor(backlog: number, options: Partial<StackOptions> = {}) {
    this.stack = new Stack({ address: B, random: fixedRandom(1), ...options });
    const accept = (c: Connection) => {
      c.user = { opened() {}, readable() {}, writable() {}, closed() {} };
      this.accepted.push(c);
    };
    this.listener = { port: 80, backlog, deferAccept: false, halfOpen: new Set(), accept };
    this.stack.tcp.listen(this.listener);
  }

  /** A segment comes from the peer at `port`; what the stack transmits for it. */
  arrives(port: number, fields: Partial<Segment>): Segment[] {
    this.stack.receive(datagram(segmentBytes({ sourcePort: port, ...fields })), this.now);
    return this.transmitted();
  }

  transmitted(): Segment[] {
    const segments: Segment[] = [];
    for (let next = this.stack.transmit(this.now); next; next = this.stack.transmit(this.now)) {
      const ip = parseIpv4(next, assert.fail)!;
      assert.equal(ip.protocol, Protocol.TCP);
      segments.push(parseSegment(ip.payload, sumOf(ip.payload.length), assert.fail)!);
    }
    return segments;
  }

  /** SYN, and the acknowledgment of its answer; with text if there is some. */
  open(port: number, text = new Uint8Array(0), syn: Partial<Segment> = {}): Segment[] {
    const [synAck] = this.arrives(port, { seq: 1000, ...syn });
    assert.equal(synAck?.flags, Flag.SYN | Flag.ACK);
    return this.arrives(port, { flags: Flag.ACK, seq: 1001, ack: add(synAck.seq, 1), text });
  }
}

function sumOf(length: number): number {
  const header = datagram(new Uint8Array(length));
  let sum = Protocol.TCP + length;
  for (let at = 12; at < 20; at += 2) sum += header[at]! * 256 + header[at + 1]!;
  return sum;
}

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
