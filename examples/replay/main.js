// Plays what visitors sent, as a capture has it, to a server of your own, at the pace of those days but in no time.
//   node main.js line.pcapng
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { drive, listen, readCapture, Stack, VirtualClock, wire } from 'phpstack-ts';
import { Interpreter } from './interpreter.js';

const datagrams = [...readCapture(readFileSync(process.argv[2]))];
const heard = datagrams.find(({ direction }) => direction === 'in');
const address = wire.formatAddress(wire.parseIpv4(heard.bytes, () => undefined).destination);

const server = createServer((request, response) => {
  console.log(`${request.method} ${request.url}`);
  response.end('answered again\n');
});
const stack = new Stack({ address });
listen(stack, 80, (socket) => server.emit('connection', socket));

/** A line on which the capture's visitors are. */
const interpreter = new Interpreter();
const line = {
  ready: true,
  send: (datagram) => interpreter.answered(datagram),
  onDatagram: () => {},
  onReady: () => {},
  counters: {},
  close: async () => {},
};
const clock = new VirtualClock(datagrams[0].time);
const driver = drive(stack, line, { clock });

for (const { bytes, time, direction } of datagrams) {
  await clock.advanceWithTurns(time - clock.now(), 10);
  if (direction === 'out') interpreter.recorded(bytes);
  else line.onDatagram(interpreter.translate(bytes));
}
await clock.advanceWithTurns(1000, 10);
driver.stop();

const refused = Object.entries(stack.counters).filter(([name, count]) => name.includes('-') && count > 0);
console.log(
  `${stack.counters.connectionsAccepted} connections, ${stack.counters.textOctetsOut} octets of text sent`,
);
for (const [reason, count] of refused) console.log(`refused: ${count} for ${reason}`);
