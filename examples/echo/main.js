// An echo server (RFC 862) at the end of a serial line, or of a pty.
//   node main.js /dev/ttyUSB0 [BAUD]
import { drive, listen, openSerialLine, Stack } from 'phpstack-ts';

const ADDRESS = '192.168.7.2';
const ECHO = 7;
const [path, baud = '115200'] = process.argv.slice(2);

const line = await openSerialLine({ path, baud: Number(baud), address: ADDRESS });
const stack = new Stack({ address: ADDRESS, baud: Number(baud) });
listen(stack, ECHO, (socket) => {
  const peer = `${socket.remoteAddress}:${socket.remotePort}`;
  console.log(`${peer} connected`);
  socket.pipe(socket);
  socket.on('error', ({ code }) => console.log(`${peer}: ${code}`));
  socket.on('close', () => console.log(`${peer} left after ${socket.bytesRead} bytes`));
});
drive(stack, line);
console.log(`echoing on ${ADDRESS} port ${ECHO}, at the end of ${path}`);
