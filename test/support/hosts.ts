import assert from 'node:assert/strict';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Listener } from '../../src/tcp/listener.ts';
import { add } from '../../src/tcp/seq.ts';
import { Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, type Segment } from '../../src/wire/tcp.ts';
import { datagram, segmentBytes } from './datagram.ts';
import { segmentIn } from './segment.ts';
import { B, fixedRandom } from './wire.ts';

/** A stack that listens at port 80, and peers of whom each has a port. */
export class Hosts {
  readonly stack: Stack;
  readonly listener: Listener;
  readonly accepted: Connection[] = [];
  now = 1000;

  constructor(
    backlog: number,
    options: Partial<StackOptions> = {},
    more: Partial<Pick<Listener, 'answer' | 'crowded' | 'deferAccept'>> = {},
  ) {
    this.stack = new Stack({ address: B, random: fixedRandom(1), ...options });
    const accept = (c: Connection) => {
      c.user = { opened() {}, readable() {}, writable() {}, closed() {} };
      this.accepted.push(c);
    };
    this.listener = { port: 80, backlog, deferAccept: false, halfOpen: 0, accept, ...more };
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
      segments.push(segmentIn(ip, assert.fail)!);
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
