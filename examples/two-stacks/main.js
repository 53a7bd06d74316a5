// Two stacks and nothing between them: no line, no driver, no clock. Datagrams are carried by hand, and the
// time is a number that is set forward.
import { connect, listen, Stack, wire } from 'phpstack-ts';

const near = new Stack({ address: '192.168.7.1' });
const far = new Stack({ address: '192.168.7.2' });

listen(far, 7, (socket) => socket.pipe(socket));
const socket = connect(near, { address: '192.168.7.2', port: 7 });
socket.setEncoding('utf8').on('data', (text) => console.log(`echoed: ${text}`));
socket.end('hello');

let now = 0;
while (near.connectionCount + far.connectionCount > 0) {
  carry(near, far);
  carry(far, near);
  // Streams have their turns in between.
  await new Promise(setImmediate);
  // Nothing is under way: on to what is due next.
  if (!near.hasPending && !far.hasPending) now = Math.max(now, Math.min(near.deadline(), far.deadline()));
  for (const stack of [near, far]) stack.expire(now);
}
console.log(`all is over after ${Math.round(now / 1000)} s`);

/** All that `from` has to send now arrives at `to`, without delay. */
function carry(from, to) {
  for (let datagram = from.transmit(now); datagram; datagram = from.transmit(now)) {
    console.log(describe(datagram));
    to.receive(datagram, now);
  }
}

/** A datagram for people. */
function describe(datagram) {
  const ip = wire.parseIpv4(datagram, () => undefined);
  const sum = wire.pseudoHeaderSum(ip.source, ip.destination, ip.protocol, ip.payload.length);
  const { flags, text } = wire.parseSegment(ip.payload, sum, () => undefined);
  const names = Object.keys(wire.Flag).filter((name) => flags & wire.Flag[name]);
  return `${wire.formatAddress(ip.source)}: ${names.join(' ')}, ${text.length} octets`;
}
