import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StackOptions } from '../../src/ip/stack.ts';
import type { Connection } from '../../src/tcp/connection.ts';
import type { Asker, LongAnswer } from '../../src/tcp/listener.ts';
import { add } from '../../src/tcp/seq.ts';
import { IcmpType, Unreachable } from '../../src/wire/icmp.ts';
import { DONT_FRAGMENT, Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Flag, type Segment } from '../../src/wire/tcp.ts';
import { datagram, icmp } from '../support/datagram.ts';
import { Hosts } from '../support/hosts.ts';

const REQUEST = Buffer.from('GET / HTTP/1.0\r\n\r\n');
const PAGE = Buffer.from('the page');
const SORRY = Buffer.from('sorry');
const FIRST = 1001;
const BEHIND_REQUEST = FIRST + REQUEST.length;
const REQUEST_AND_FIN = BEHIND_REQUEST + 1;

type Made = Uint8Array | LongAnswer | undefined;

/** A table of one connection that is taken, and an application that answers the others when the test says so. */
class Full extends Hosts {
  readonly asked: { request: string; asker: Asker; made(answer: Made): void }[];

  constructor(options: Partial<StackOptions> = {}) {
    const asked: Full['asked'] = [];
    super(
      128,
      { maxConnections: 1, ...options },
      {
        deferAccept: true,
        answer: (request, asker) =>
          new Promise((made) => asked.push({ request: Buffer.from(request).toString(), asker, made })),
      },
    );
    this.asked = asked;
    this.open(1, REQUEST);
    this.passes(1000);
  }

  /** What is due within `ms` is done; what is transmitted for it. */
  passes(ms: number): Segment[] {
    this.now += ms;
    this.stack.expire(this.now);
    return this.transmitted();
  }

  /** The peer at `port` shakes hands; what it is to acknowledge. */
  shakeHands(port: number, syn: Partial<Segment> = {}): number {
    const [synAck] = this.arrives(port, { seq: FIRST - 1, ...syn });
    assert.equal(synAck?.flags, Flag.SYN | Flag.ACK);
    return add(synAck.seq, 1);
  }

  /** The request of the peer at `port` comes, for which there is no connection. */
  asks(port: number, ack: number, fields: Partial<Segment> = {}): Segment[] {
    return this.arrives(port, { flags: Flag.ACK, seq: FIRST, ack, text: REQUEST, ...fields });
  }

  /** The application has answered the latest request; what is transmitted for it. */
  async answers(made: Made): Promise<Segment[]> {
    this.asked.at(-1)!.made(made);
    await new Promise((resolve) => setImmediate(resolve));
    return this.transmitted();
  }

  /** The peer at `port` has asked, and been answered; where its answer begins, and its end. */
  async answered(port: number): Promise<{ ack: number; end: number }> {
    const ack = this.shakeHands(port);
    this.asks(port, ack);
    assert.equal((await this.answers(PAGE)).length, 1);
    return { ack, end: add(ack, PAGE.length + 1) };
  }
}

function long(log: string[]): LongAnswer & { connection: Connection | undefined } {
  return {
    connection: undefined,
    sendOver(c) {
      log.push('sent over');
      this.connection = c;
      c.user = { opened() {}, readable() {}, writable() {}, closed() {} };
      c.send(new Uint8Array(3000));
      c.close();
    },
    giveUp() {
      log.push('given up');
      return SORRY;
    },
  };
}

const said = ({ flags, seq, ack, text }: Segment, { iss }: { iss: number }) =>
  [flags, add(seq, -iss), ack, Buffer.from(text).toString()] as const;

const { FIN, ACK, PSH, RST } = Flag;

const ipv4 = (bytes: Uint8Array) => parseIpv4(bytes, assert.fail)!;

test('a request past the last connection is answered in one segment with FIN, and no connection is kept', async () => {
  const hosts = new Full();
  const iss = hosts.shakeHands(2);
  assert.deepEqual(hosts.asks(2, iss), []);
  assert.equal(hosts.asked[0]?.request, REQUEST.toString());
  const [answer, ...more] = await hosts.answers(PAGE);
  assert.deepEqual(said(answer!, { iss }), [FIN | PSH | ACK, 0, BEHIND_REQUEST, 'the page']);
  assert.deepEqual(more, []);
  assert.equal(hosts.stack.connectionCount, 1);
  assert.equal(hosts.stack.counters.statelessAnswers, 1);
  assert.equal(hosts.stack.deadline(), Number.POSITIVE_INFINITY);
});

test('where nobody answers, the request is dropped, and served once there is room', () => {
  const hosts = new Hosts(128, { maxConnections: 1 });
  hosts.open(1, REQUEST);
  hosts.open(2, REQUEST);
  assert.equal(hosts.stack.counters['tcp-connections-full'], 1);
});

test('a handshake without a request waits in silence for one', () => {
  const hosts = new Full();
  const iss = hosts.shakeHands(2);
  assert.deepEqual(hosts.arrives(2, { flags: ACK, seq: FIRST, ack: iss }), []);
  assert.equal(hosts.asked.length, 0);
  assert.equal(hosts.stack.counters['tcp-connections-full'], 1);
  const [reset] = hosts.arrives(2, { flags: ACK | FIN, seq: FIRST, ack: iss });
  assert.equal(reset?.flags, RST);
});

test('a request that comes again gets the same answer, and the application is asked but once', async () => {
  const hosts = new Full();
  const iss = hosts.shakeHands(2);
  hosts.asks(2, iss);
  assert.deepEqual(hosts.asks(2, iss), []);
  const [first] = await hosts.answers(PAGE);
  const [again] = hosts.asks(2, iss);
  assert.deepEqual(again, first);
  assert.equal(hosts.asked.length, 1);
  assert.equal(hosts.stack.counters.statelessRepeats, 1);
});

test('as long as it comes again, however seldom, it gets the same answer', async () => {
  const hosts = new Full();
  const { ack } = await hosts.answered(2);
  for (let times = 0; times < 10; times++) {
    hosts.now += 120_000;
    hosts.asks(100 + times, hosts.shakeHands(100 + times));
    await hosts.answers(PAGE);
    assert.deepEqual(said(hosts.asks(2, ack)[0]!, { iss: ack }), [
      FIN | PSH | ACK,
      0,
      BEHIND_REQUEST,
      'the page',
    ]);
  }
  assert.equal(hosts.asked.filter(({ asker }) => asker.remotePort === 2).length, 1);
});

test('before an acknowledgment can have come, the answer is not repeated', async () => {
  const hosts = new Full({ baud: 9600 });
  const { ack } = await hosts.answered(2);
  hosts.now += 3000;
  assert.deepEqual(hosts.asks(2, ack), []);
  hosts.now += 200;
  assert.equal(hosts.asks(2, ack).length, 1);
});

test('once the answer is acknowledged, the FIN is as well, as often as it comes, and nothing is repeated', async () => {
  const hosts = new Full();
  const { ack: iss, end } = await hosts.answered(2);
  assert.deepEqual(hosts.arrives(2, { flags: ACK, seq: BEHIND_REQUEST, ack: end }), []);
  assert.equal(hosts.stack.tcp.stateless.kept.octets, 0);
  for (let times = 0; times < 2; times++) {
    const [last] = hosts.arrives(2, { flags: ACK | FIN, seq: BEHIND_REQUEST, ack: end });
    assert.deepEqual(said(last!, { iss }), [ACK, PAGE.length + 1, REQUEST_AND_FIN, '']);
  }
  assert.deepEqual(hosts.asks(2, iss), []);
  assert.equal(hosts.asked.length, 1);
});

test('a FIN that does not acknowledge the answer gets it once more: alone, nobody would send for it again', async () => {
  const hosts = new Full();
  const { ack: iss } = await hosts.answered(2);
  const [again] = hosts.arrives(2, { flags: ACK | FIN, seq: BEHIND_REQUEST, ack: iss });
  assert.deepEqual(said(again!, { iss }), [FIN | PSH | ACK, 0, REQUEST_AND_FIN, 'the page']);
});

test('a client that closed its half has that acknowledged with its answer', async () => {
  const hosts = new Full();
  const together = hosts.shakeHands(2);
  hosts.asks(2, together, { flags: ACK | FIN });
  assert.equal((await hosts.answers(PAGE))[0]?.ack, REQUEST_AND_FIN);
  const apart = hosts.shakeHands(3);
  hosts.asks(3, apart);
  hosts.arrives(3, { flags: ACK | FIN, seq: BEHIND_REQUEST, ack: apart });
  assert.equal((await hosts.answers(PAGE))[0]?.ack, REQUEST_AND_FIN);
});

test('an acknowledgment of the handshake that comes late draws nothing; one of a part of the answer, all of it', async () => {
  const hosts = new Full();
  const { ack, end } = await hosts.answered(2);
  assert.deepEqual(hosts.arrives(2, { flags: ACK, seq: FIRST, ack }), []);
  const [again] = hosts.arrives(2, { flags: ACK, seq: BEHIND_REQUEST, ack: add(end, -1) });
  assert.equal(again?.seq, ack);
});

test('a client that resets is sent nothing more, and what it had asked is not asked anew', async () => {
  const hosts = new Full();
  const iss = hosts.shakeHands(2);
  hosts.asks(2, iss);
  hosts.arrives(2, { flags: RST, seq: BEHIND_REQUEST });
  assert.deepEqual(await hosts.answers(PAGE), []);
  const { ack } = await hosts.answered(3);
  hosts.arrives(3, { flags: RST, seq: BEHIND_REQUEST });
  assert.equal(hosts.asks(3, ack)[0]?.flags, RST);
  assert.equal(hosts.asked.length, 2);
});

test('so is one that closed its half before the answer could have been acknowledged, and resets', async () => {
  const hosts = new Full({ baud: 9600 });
  const { ack } = await hosts.answered(2);
  assert.deepEqual(hosts.arrives(2, { flags: FIN | ACK, seq: BEHIND_REQUEST, ack }), []);
  hosts.arrives(2, { flags: RST, seq: REQUEST_AND_FIN });
  hosts.now += 10_000;
  assert.equal(hosts.asks(2, ack)[0]?.flags, RST);
});

test('a reset that is not at the next number is not obeyed', async () => {
  const hosts = new Full();
  const { ack } = await hosts.answered(2);
  hosts.arrives(2, { flags: RST, seq: add(BEHIND_REQUEST, 1) });
  assert.equal(hosts.asks(2, ack).length, 1);
});

test('whatever does not fit the numbers of an answer draws none', async () => {
  const hosts = new Full();
  const { ack, end } = await hosts.answered(2);
  for (const fields of [
    { ack: add(ack, -1) },
    { ack: add(end, 1) },
    { ack, seq: FIRST - 1 },
    { ack, seq: FIRST + 65_536 },
    { ack, flags: 0 },
    { ack: add(ack, 0x4000_0000) },
  ])
    assert.deepEqual(hosts.asks(2, ack, fields), [], JSON.stringify(fields));
  assert.deepEqual(hosts.asks(3, ack), [], 'from another port');
});

test('text behind the request is thrown away within the window that was promised, and reset beyond it', async () => {
  const hosts = new Full();
  const { ack: iss, end } = await hosts.answered(2);
  let seq = BEHIND_REQUEST;
  const more = { flags: ACK, ack: end, text: new Uint8Array(1000) };
  for (; seq + 1000 <= FIRST + 65_535; seq += 1000) {
    const [acknowledgment] = hosts.arrives(2, { ...more, seq });
    assert.deepEqual(said(acknowledgment!, { iss }), [ACK, PAGE.length + 1, seq + 1000, '']);
    assert.equal(seq + 1000 + acknowledgment!.window, FIRST + 65_535);
  }
  assert.equal(hosts.arrives(2, { ...more, seq })[0]?.flags, RST);
});

test('an answer has the room that the MSS, the window and timestamps leave', () => {
  const room = (
    syn: Partial<Segment>,
    fields: Partial<Segment> = {},
    options: Partial<StackOptions> = {},
  ) => {
    const hosts = new Full(options);
    hosts.asks(2, hosts.shakeHands(2, syn), fields);
    return hosts.asked[0]?.asker.room;
  };
  assert.equal(room({ options: { mss: 1460 } }), 1460);
  assert.equal(room({ options: { mss: 1460 } }, {}, { mtu: 296 }), 256);
  assert.equal(room({}), 536);
  assert.equal(room({ options: { mss: 1460 } }, { window: 1000 }), 999);
  assert.equal(room({}, { window: 0 }), 0);
});

test('where timestamps are in use, the answer echoes them', async () => {
  const hosts = new Full({ timestamps: true });
  const options = { mss: 1460, windowScale: 7, timestamps: { value: 5, echo: 0 } };
  const [synAck] = hosts.arrives(2, { seq: FIRST - 1, options });
  const echo = synAck!.options.timestamps!.value;
  hosts.asks(2, add(synAck!.seq, 1), { options: { timestamps: { value: 77, echo } }, window: 100 });
  assert.equal(hosts.asked[0]?.asker.room, 1448);
  const [answer] = await hosts.answers(PAGE);
  assert.deepEqual(answer?.options.timestamps, { value: 2000, echo: 77 });
});

test('an answer that is too big for a router on the way goes again at once, and may be cut in pieces', async () => {
  const hosts = new Full();
  const ack = hosts.shakeHands(2);
  hosts.asks(2, ack);
  hosts.asked.at(-1)!.made(PAGE);
  await new Promise((resolve) => setImmediate(resolve));
  const whole = hosts.stack.transmit(hosts.now)!;
  assert.equal(ipv4(whole).flags, DONT_FRAGMENT);
  const isToldOf = (quoted: Uint8Array) => {
    const [code, rest] = [Unreachable.FRAGMENTATION_NEEDED, [0, 296] as [number, number]];
    const error = icmp({ type: IcmpType.DESTINATION_UNREACHABLE, code, rest, body: quoted.subarray(0, 28) });
    hosts.stack.receive(datagram(error, { protocol: Protocol.ICMP }), hosts.now);
    return hosts.stack.transmit(hosts.now);
  };
  const elsewhere = whole.slice();
  elsewhere[27]! ^= 1;
  assert.equal(isToldOf(elsewhere), undefined, 'forged');
  const again = isToldOf(whole)!;
  assert.equal(ipv4(again).flags, 0);
  assert.deepEqual(ipv4(again).payload, ipv4(whole).payload);
  assert.equal(isToldOf(whole), undefined, 'no more than once');
  assert.equal(hosts.stack.counters.icmpErrorsIgnored, 2);
});

test('an answer that is too long goes on by a connection as soon as there is room', async () => {
  const hosts = new Full();
  const log: string[] = [];
  const answer = long(log);
  const iss = hosts.shakeHands(2);
  hosts.asks(2, iss);
  assert.deepEqual(await hosts.answers(answer), []);
  assert.deepEqual(hosts.asks(2, iss), []);
  hosts.accepted[0]!.abort();
  const [, first] = hosts.transmitted();
  assert.deepEqual(log, ['sent over']);
  assert.deepEqual([first?.seq, first?.ack, first?.text.length], [iss, BEHIND_REQUEST, 536]);
  assert.equal(Buffer.from(answer.connection!.receive()!).toString(), REQUEST.toString());
  assert.equal(hosts.asked.length, 1);
  assert.equal(hosts.stack.counters.statelessAdmissions, 1);
});

test('one that gets no connection within ten seconds is given up, and its client told', async () => {
  const hosts = new Full();
  const log: string[] = [];
  const iss = hosts.shakeHands(2);
  hosts.asks(2, iss);
  await hosts.answers(long(log));
  assert.equal(hosts.stack.deadline(), hosts.now + 10_000);
  const [sorry] = hosts.passes(10_000);
  assert.deepEqual(said(sorry!, { iss }), [FIN | PSH | ACK, 0, BEHIND_REQUEST, 'sorry']);
  assert.deepEqual(hosts.asks(2, iss), [sorry]);
  assert.deepEqual(log, ['given up']);
  assert.equal(hosts.stack.counters.statelessRefusals, 1);
  assert.equal(hosts.stack.deadline(), Number.POSITIVE_INFINITY);
});

test('where not even that fits, and where there is no answer, the client is reset', async () => {
  const hosts = new Full();
  const log: string[] = [];
  hosts.asks(2, hosts.shakeHands(2), { window: 3 });
  await hosts.answers(long(log));
  assert.equal(hosts.passes(10_000)[0]?.flags, RST | ACK);
  const iss = hosts.shakeHands(3);
  hosts.asks(3, iss);
  const [reset] = await hosts.answers(undefined);
  assert.deepEqual(said(reset!, { iss }), [RST | ACK, 0, BEHIND_REQUEST, '']);
  assert.equal(hosts.asks(3, iss)[0]?.flags, RST, 'and once more, should that be lost');
});

test('a long answer is ended when its client resets, and when the stack closes', async () => {
  const hosts = new Full();
  const log: string[] = [];
  for (const port of [2, 3]) {
    hosts.asks(port, hosts.shakeHands(port));
    await hosts.answers(long(log));
  }
  hosts.arrives(2, { flags: RST, seq: BEHIND_REQUEST });
  assert.equal(log.length, 1);
  hosts.stack.close();
  assert.equal(log.length, 2);
  assert.equal(hosts.stack.tcp.stateless.kept.answers, 0);
});

test('after LISTEN has ended, answers go on, and those who wait for a connection are told that there will be none', async () => {
  const hosts = new Full();
  const log: string[] = [];
  const { ack } = await hosts.answered(2);
  hosts.asks(3, hosts.shakeHands(3));
  await hosts.answers(long(log));
  hosts.stack.tcp.unlisten(hosts.listener);
  assert.equal(Buffer.from(hosts.transmitted()[0]!.text).toString(), 'sorry');
  assert.equal(Buffer.from(hosts.asks(2, ack)[0]!.text).toString(), 'the page');
});

test('a new handshake from the same port is a new visit', async () => {
  const hosts = new Full();
  await hosts.answered(2);
  hosts.now += 1;
  const ack = hosts.shakeHands(2, { seq: 5000 });
  hosts.asks(2, ack, { seq: 5001 });
  assert.equal(hosts.asked.length, 2);
  assert.equal((await hosts.answers(PAGE))[0]?.seq, ack);
});

test('an answer has its turn among the connections that have something to send', async () => {
  const hosts = new Full();
  const [c] = hosts.accepted;
  const iss = hosts.shakeHands(2);
  hosts.asks(2, iss);
  hosts.asked[0]!.made(PAGE);
  c!.send(new Uint8Array(4000));
  await new Promise((resolve) => setImmediate(resolve));
  const ports = hosts.transmitted().map(({ destinationPort }) => destinationPort);
  assert.ok(ports.indexOf(2) > 0 && ports.indexOf(2) < ports.lastIndexOf(1), String(ports));
});

test('what is remembered is bounded, in answers and in octets, and forgotten in time', async () => {
  const hosts = new Full();
  const page = new Uint8Array(500);
  const { stateless } = hosts.stack.tcp;
  for (let port = 2; port < 5000; port++) {
    hosts.asks(port, hosts.shakeHands(port));
    await hosts.answers(page);
    assert.ok(stateless.kept.answers <= 4096);
    assert.ok(stateless.kept.octets <= 1_048_576);
  }
  assert.ok(stateless.kept.octets > 1_000_000);
  hosts.now += 310_000;
  hosts.asks(6000, hosts.shakeHands(6000));
  assert.deepEqual(stateless.kept, { answers: 1, octets: 0 });
});

test('no more than so many are made at once, and wait for a connection', async () => {
  const hosts = new Full();
  const log: string[] = [];
  for (let port = 2; port < 302; port++) hosts.asks(port, hosts.shakeHands(port));
  assert.equal(hosts.asked.length, 256);
  assert.equal(hosts.stack.counters['tcp-answers-full'], 44);
  for (const { made } of hosts.asked) made(long(log));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(log.length, 256 - 64);
  assert.equal(hosts.transmitted().length, 256 - 64);
});

test('whoever has been silent for half a minute gives way to a request, and nobody does before', () => {
  const asked: string[] = [];
  const answer = () => new Promise<undefined>(() => asked.push(''));
  for (const mostIdle of [0, 1024]) {
    const hosts = new Hosts(128, { maxConnections: 1, mostIdle }, { deferAccept: true, answer });
    hosts.open(1);
    hosts.now += 28_000;
    hosts.open(2, REQUEST);
    assert.equal(hosts.accepted.length, 0);
    hosts.now += 3000;
    hosts.open(3, REQUEST);
    assert.equal(hosts.accepted[0]?.remotePort, 3);
  }
  assert.equal(asked.length, 2);
});

test('a SYN that comes twice does not draw two answers that contradict each other', async () => {
  const hosts = new Full();
  const syn = { seq: FIRST - 1, flags: Flag.SYN };
  const unanswered = hosts.shakeHands(2);
  hosts.accepted[0]!.abort();
  hosts.transmitted();
  assert.deepEqual(hosts.arrives(2, syn), [], 'its answer may be on the way');
  hosts.now += 5000;
  assert.equal(hosts.shakeHands(2), unanswered);
  hosts.open(3, REQUEST);
  hosts.asks(2, unanswered);
  hosts.accepted[1]!.abort();
  hosts.transmitted();
  assert.deepEqual(hosts.arrives(2, syn), [], 'it has been answered, and has asked');
  assert.equal((await hosts.answers(PAGE))[0]?.seq, unanswered);
});
