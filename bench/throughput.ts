import { setImmediate as turn } from 'node:timers/promises';
import { Stack } from '../src/ip/stack.ts';
import { connect } from '../src/node/connect.ts';
import { listen } from '../src/node/listen.ts';
import { CLIENT, SERVER } from './pair.ts';
import type { Result } from './result.ts';

const OCTETS = 1e9;

/** Two stacks back to back in one process, without a line. */
export async function throughput(): Promise<Result[]> {
  const sender = new Stack({ address: CLIENT });
  const receiver = new Stack({ address: SERVER });
  let got = 0;
  listen(receiver, 7, (socket) => socket.on('data', (chunk: Buffer) => (got += chunk.length)));
  const socket = connect(sender, { address: SERVER, port: 7 });
  const chunk = Buffer.alloc(65_536);
  const feed = () => {
    while (got < OCTETS && socket.write(chunk));
  };
  socket.on('drain', feed);
  feed();
  const before = process.cpuUsage();
  while (got < OCTETS) {
    exchange(sender, receiver);
    await turn();
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  return [
    {
      what: 'two stacks back to back, by CPU time',
      value: (8 * got) / seconds / 1e9,
      unit: 'Gbit/s',
      beside: undefined,
      goal: { relation: '≥', value: 2 },
    },
  ];
}

function exchange(sender: Stack, receiver: Stack): void {
  const now = performance.now();
  for (let datagram = sender.transmit(now); datagram; datagram = sender.transmit(now))
    receiver.receive(datagram, now);
  for (let datagram = receiver.transmit(now); datagram; datagram = receiver.transmit(now))
    sender.receive(datagram, now);
}
