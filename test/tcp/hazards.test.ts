import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/tcp/connection.ts';
import { Protocol, parseIpv4 } from '../../src/wire/ipv4.ts';
import { Host, PEER_PORT } from '../support/host.ts';
import { textAt } from '../support/packet.ts';
import { hostIn } from '../support/states.ts';
import { B, Wire } from '../support/wire.ts';

/** What stacks like this one have failed at, where no test of a single part shows it. */

/** ESTABLISHED, without round-trip time, with a window of 5000 octets to send into. */
function opened({ options = {}, syn = 'mss 1460', window = 5000 } = {}): Host {
  const host = new Host(options);
  host.listen();
  host.arrives(`S 0:0(0) <${syn}>`);
  host.pulled();
  host.arrives(`. 1:1(0) ack 1 win ${window}`);
  return host;
}

test('an urgent pointer beyond the text is harmless (hazard 28)', () => {
  for (const [notation, length] of [
    ['U. 1:2(1) ack 1 urg 65535', 1],
    ['U. 1:1(0) ack 1 urg 1', 0],
    ['FU. 1:11(10) ack 1 urg 11', 10],
  ] as const) {
    assert.equal(opened().arrives(notation).read(), length);
  }
});

test('an announced MSS of 0, 1 or 47 is taken as 48 (hazard 29)', () => {
  for (const mss of [0, 1, 47, 48]) {
    const host = opened({ syn: `mss ${mss}` });
    host.send(100);
    assert.deepEqual(host.sent().slice(0, 2), ['. 1:49(48) ack 1 win 1500', '. 49:97(48) ack 1 win 1500']);
  }
});

test('acknowledgments of something else do not put off the timeout of what is lost (hazard 34)', () => {
  const host = opened();
  host.send(4000);
  host.pulled();
  host.advance(900);
  for (let i = 0; i < 2; i++) host.arrives('. 1:1(0) ack 1 win 5000');
  assert.deepEqual(host.advance(99), []);
  assert.deepEqual(host.advance(1), ['+1 . 1:1461(1460) ack 1 win 1500']);
  assert.deepEqual(host.advance(1999), []);
  assert.deepEqual(host.advance(1), ['+1 . 1:1461(1460) ack 1 win 1500'], 'twice as long');
});

test('an acknowledgment of new text starts the timeout over (RFC 6298 §5.3, hazard 34)', () => {
  const host = opened();
  host.send(4000);
  host.pulled();
  host.advance(900);
  host.arrives('. 1:1(0) ack 1461 win 5000');
  const timeout = host.advance(60_000)[0]!;
  // After samples of 0 and 900 ms SRTT is 112.5 ms and RTTVAR 225 ms.
  assert.equal(timeout, '+1013 . 1461:2921(1460) ack 1 win 1500');
});

test('once an acknowledgment makes progress, one doubling of the timeout is left (hazard 34)', () => {
  const host = opened();
  host.send(2920);
  host.pulled();
  assert.equal(host.advance(15_000).length, 4, 'after 1, 3, 7 and 15 s');
  host.arrives('. 1:1(0) ack 1461 win 5000');
  assert.deepEqual(host.sent(), ['P. 1461:2921(1460) ack 1 win 1500']);
  assert.deepEqual(host.advance(2000), ['+2000 P. 1461:2921(1460) ack 1 win 1500']);
});

test('the application reads and the window update is lost: the peer’s probe is answered by the open window (hazard 35)', () => {
  const host = opened();
  host.arrives('. 1:1461(1460) ack 1').arrives('. 1461:1501(40) ack 1');
  assert.deepEqual(host.advance(100), ['+100 . 1:1(0) ack 1501 win 0']);
  host.read();
  assert.deepEqual(host.sent(), ['. 1:1(0) ack 1501 win 1500'], 'which is lost');
  host.arrives('. 1501:1502(1) ack 1');
  assert.deepEqual(host.advance(100), ['+100 . 1:1(0) ack 1502 win 1499']);
});

test('our probe of a closed window makes the transfer go on when the update was lost (hazard 35)', () => {
  const wire = new Wire({ receiveBuffer: 2000 });
  const [client, server] = pairOn(wire);
  server.send(textAt(0, 10_000));
  wire.run(wire.now + 1000);
  wire.filter = (datagram, from) => (from === 'a' ? undefined : datagram);
  while (client.receive());
  wire.run(wire.now + 10);
  wire.filter = (datagram) => datagram;
  let got = 0;
  for (let i = 0; i < 100; i++) {
    wire.run(wire.now + 1000);
    for (let text = client.receive(); text; text = client.receive()) got += text.length;
  }
  assert.equal(got, 8000);
  assert.ok(wire.b.counters.windowProbes > 0);
});

test('the peer takes back what it offered while text is under way: no more goes, and what went is repeated once there is room (hazard 36)', () => {
  const host = opened();
  host.send(4000);
  host.pulled();
  host.arrives('. 1:1(0) ack 1461 win 0');
  assert.deepEqual(host.advance(900), []);
  host.arrives('. 1:1(0) ack 1461 win 1000');
  assert.deepEqual(host.sent(), ['. 1461:2921(1460) ack 1 win 1500']);
  host.arrives('. 1:1(0) ack 2461 win 5000');
  assert.deepEqual(host.sent(), []);
  host.arrives('. 1:1(0) ack 2921 win 5000');
  assert.deepEqual(host.sent(), ['P. 2921:4001(1080) ack 1 win 1500']);
});

test('connections know nothing of each other (hazard 37)', () => {
  const host = opened();
  for (const port of [50_001, 50_002]) {
    host.arrives('S 0:0(0) <mss 100>', port);
    host.pulled();
    host.arrives('. 1:1(0) ack 1', port);
  }
  host.arrives('. 1:101(100) ack 1', 50_001);
  host.arrives('. 51:61(10) ack 1', 50_002);
  host.arrives('R 1:1(0)', 50_000);
  const seen = [...host.stack.connections].map(({ state, unread }) => [state, unread]);
  assert.deepEqual(seen, [
    ['ESTABLISHED', 100],
    ['ESTABLISHED', 0],
  ]);
});

test('window updates are no duplicate acknowledgments: nothing is repeated for them (hazard 38)', () => {
  const host = opened();
  host.send(4380);
  host.pulled();
  for (const window of [5001, 5002, 5003, 5004]) host.arrives(`. 1:1(0) ack 1 win ${window}`);
  assert.deepEqual(host.sent(), []);
  for (let i = 0; i < 3; i++) host.arrives('. 1:1(0) ack 1 win 5004');
  assert.deepEqual(host.sent(), ['. 1:1461(1460) ack 1 win 1500'], 'for three duplicates it is');
});

test('a peer that delays acknowledgments always has two segments to acknowledge, whatever its window (hazard 42)', () => {
  for (let window = 600; window <= 6000; window += 100) {
    const host = opened({ window });
    host.send(20_000);
    assert.ok(host.pulled().length >= 2, `one segment in a window of ${window}`);
  }
});

test('no timestamps unless asked for, and identifications that count up by one: headers that compress (hazard 43)', () => {
  const host = opened({ syn: 'mss 1460,sackOK,TS val 1 ecr 0' });
  host.send(4380);
  const datagrams = host.pulled().map((datagram) => parseIpv4(datagram, assert.fail)!);
  assert.deepEqual(
    datagrams.map(({ payload }) => payload[12]! >> 4),
    [5, 5, 5],
  );
  const first = datagrams[0]!.identification;
  assert.deepEqual(
    datagrams.map(({ identification }) => (identification - first) & 0xffff),
    [0, 1, 2],
  );
});

type End = 'a' | 'b';
const WAYS: [string, End[]][] = [
  ['the client closes first', ['a']],
  ['the server closes first', ['b']],
  ['both close at once', ['a', 'b']],
];

for (const [title, first] of WAYS) {
  test(`${title}: whichever segment is lost, once or twice, both ends close and all text arrives (hazard 44)`, () => {
    const perfect = closing(first, () => false).closingSegments;
    assert.ok(perfect >= 4);
    for (let lost = 0; lost < perfect + 4; lost++) {
      for (const times of [1, 2]) {
        const outcome = closing(first, (i) => i >= lost && i < lost + times);
        assert.deepEqual(outcome.received, [700, 700], `${times} lost from the ${lost}th on`);
        assert.equal(outcome.left, 0, `a connection is left: ${times} lost from the ${lost}th on`);
        assert.equal(outcome.resets, 0, `a reset: ${times} lost from the ${lost}th on`);
      }
    }
  });

  test(`${title}: a reset amidst it leaves nothing (hazard 45)`, () => {
    for (let after = 0; after < 12; after++) {
      for (const who of ['a', 'b'] as const)
        assert.equal(closing(first, () => false, { who, after }).left, 0);
    }
  });
}

/**
 * Two ends exchange 700 octets each way and close, whoever is `first` at once and the other when it has
 * read the end.
 *
 * @param isLost whether the i-th datagram since the closing began is lost
 * @param reset who aborts, and after how many ms of the closing
 */
function closing(first: End[], isLost: (i: number) => boolean, reset?: { who: End; after: number }) {
  const wire = new Wire();
  const [client, server] = pairOn(wire);
  const [ends, received] = [
    { a: client, b: server },
    { a: 0, b: 0 },
  ];
  wire.log.length = 0;
  wire.filter = (datagram) => (isLost(wire.log.length - 1) ? undefined : datagram);
  for (const name of ['a', 'b'] as const) {
    const c = ends[name];
    c.user!.readable = () => {
      for (let text = c.receive(); text; text = c.receive()) received[name] += text.length;
      if (c.finReceived) c.close();
    };
    c.send(textAt(0, 700));
    if (first.includes(name)) c.close();
  }
  if (reset) {
    wire.run(wire.now + reset.after);
    ends[reset.who].abort();
  }
  wire.run(wire.now + 20);
  const closingSegments = wire.log.length;
  wire.run(wire.now + 600_000);
  const { a, b } = wire;
  return {
    closingSegments,
    received: [received.a, received.b],
    left: a.connectionCount + b.connectionCount,
    resets: a.counters.resetsOut + b.counters.resetsOut,
  };
}

test('a FIN does not wait for an acknowledgment by Nagle’s algorithm (hazard 46)', () => {
  const host = hostIn('ESTABLISHED');
  host.send(1);
  assert.deepEqual(host.sent(), []);
  host.call((c) => c.close());
  assert.deepEqual(host.sent(), ['FP. 202:203(1) ack 501 win 1000']);
});

test('no state is held for ever by a silent peer (hazard 46)', () => {
  for (const state of ['SYN-RECEIVED', 'FIN-WAIT-1', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const) {
    const host = hostIn(state);
    host.advance(180_000);
    assert.equal(host.stack.connectionCount, 0, state);
  }
});

test('a silent peer in FIN-WAIT-2 is given up once it has not answered nine probes (hazard 46)', () => {
  const host = hostIn('FIN-WAIT-2');
  assert.equal(host.advance(180_000 + 9 * 75_000).length, 9);
  assert.equal(host.stack.connectionCount, 0);
});

test('a peer that answers probes and keeps its window closed is borne while somebody waits, and for three minutes after (hazard 46)', () => {
  const host = hostIn('ESTABLISHED');
  host.arrives('. 501:501(0) ack 202 win 0');
  host.send(10);
  const probed = (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      host.advance(60_000);
      if (host.stack.connectionCount > 0) host.arrives('. 501:501(0) ack 202 win 0');
    }
    return host.stack.connectionCount;
  };
  assert.equal(probed(60), 1);
  host.call((c) => c.release());
  assert.equal(probed(2), 1);
  assert.equal(probed(2), 0);
});

test('a peer that falls silent with its window closed is given up after R2 (RFC 9293 §3.8.3)', () => {
  const host = hostIn('ESTABLISHED');
  host.arrives('. 501:501(0) ack 202 win 0');
  host.send(10);
  host.advance(1000); // to the first probe
  host.advance(179_999);
  assert.equal(host.stack.connectionCount, 1);
  host.advance(1);
  assert.deepEqual(host.told.at(-1), 'closed ETIMEDOUT');
});

test('what goes out unasked is TCP only as far as a peer asked (hazard 33)', () => {
  const host = new Host();
  for (const notation of ['. 1:1(0) ack 5', 'S 0:0(0)', 'F 0:0(0)', 'P. 1:101(100) ack 5', 'R 0:0(0)']) {
    const request = host.datagram(notation);
    const size = request.length;
    const replies = host.receive(request).pulled();
    assert.ok(replies.every((reply) => parseIpv4(reply, assert.fail)!.protocol === Protocol.TCP));
    assert.ok(replies.reduce((sum, reply) => sum + reply.length, 0) <= size, notation);
  }
});

test('an address that only sends SYNs draws no more than three times their bytes (hazard 33)', () => {
  for (const options of ['', ' <mss 1460>', ' <mss 1460,sackOK,wscale 7>'])
    for (const syns of [1, 2, 5]) {
      const host = new Host();
      host.listen();
      const syn = host.datagram(`S 0:0(0)${options}`);
      let sent = 0;
      for (let i = 0; i < syns; i++) {
        const [synAck] = host.receive(syn.slice()).pulled();
        assert.ok(synAck, `no answer to SYN ${i} ${options}`);
        sent += synAck.length * (1 + host.advance(i < syns - 1 ? 5000 : 200_000).length);
      }
      assert.equal(host.stack.connectionCount, 0);
      assert.ok(sent <= 3 * syns * syn.length, `${sent} bytes for ${syns} of ${syn.length}`);
    }
});

/** A connection between the ends of `wire`: the client is `a`. */
function pairOn(wire: Wire): [Connection, Connection] {
  let server: Connection | undefined;
  wire.b.tcp.listen({
    port: 80,
    backlog: 128,
    deferAccept: false,
    halfOpen: 0,
    accept: (c) => {
      server = own(c);
    },
  });
  const client = own(wire.a.tcp.connect(0xc0a80702, 80));
  wire.run(wire.now + 100);
  assert.ok(server, `nobody was accepted at ${B}`);
  return [client, server];
}

function own(c: Connection): Connection {
  c.user = { opened() {}, readable() {}, writable() {}, closed() {} };
  return c;
}

test('a flood of segments that call for answers holds up no text', () => {
  const floods: [string, number, string][] = [
    ['old text on another connection', 40_000, '. 0:1(1) ack 1 win 1000'],
    ['acknowledgments for nobody', 41_000, '. 1:1(0) ack 5'],
  ];
  for (const [what, port, notation] of floods) {
    const host = new Host();
    host.listen();
    for (const peer of [40_000, PEER_PORT]) {
      host.arrives('S 0:0(0) <mss 1000>', peer).pulled();
      host.arrives('. 1:1(0) ack 1 win 60000', peer);
    }
    host.send(5000);
    const sizes: number[] = [];
    for (let turn = 0; turn < 200 && !sizes.some((size) => size > 1000); turn++) {
      host.now += 3.5;
      host.arrives(notation, port);
      sizes.push(host.stack.transmit(host.now)!.length);
    }
    assert.ok(sizes.length < 60, `${what}: text after ${sizes.length} answers`);
  }
});

test('a table full of silent connections lets those in who prove their address', () => {
  const host = new Host({ maxConnections: 8 });
  host.listen({ deferAccept: true });
  const handshake = (port: number) => {
    host.arrives('S 0:0(0) win 1000', port).pulled();
    host.arrives('. 1:1(0) ack 1 win 1000', port);
  };
  for (let port = 50_000; port < 50_008; port++) handshake(port);
  host.now += 1000;
  host.arrives('S 0:0(0) win 1000', 60_000);
  assert.equal(host.stack.connectionCount, 8, 'a SYN alone proves nothing');
  const pulled = host.pulled();
  assert.equal(pulled.length, 1);
  const ack = new DataView(pulled[0]!.buffer, pulled[0]!.byteOffset).getUint32(24);
  host.ends.localIsn = ack;
  host.arrives('. 1:1(0) ack 1 win 1000', 60_000);
  const ports = [...host.stack.connections].map(({ remotePort }) => remotePort);
  assert.equal(ports.length, 8);
  assert.ok(ports.includes(60_000) && !ports.includes(50_000));
});

test('a listener that ends resets those whom nobody has taken', () => {
  const host = new Host();
  host.listen({ deferAccept: true });
  host.arrives('S 0:0(0) win 1000').pulled();
  host.arrives('. 1:1(0) ack 1 win 1000');
  host.unlisten();
  assert.deepEqual(host.sent(), ['R. 1:1(0) ack 1 win 0']);
  assert.equal(host.stack.connectionCount, 0);
});
