// An Express app at the end of a serial line.
//   node main.js                         a virtual line, for a browser on this machine
//   node main.js /dev/ttyUSB0 [BAUD]     a real one
import express from 'express';
import { createHttpServer, drive, forward, listen, openSerialLine, Stack, VirtualLine } from 'phpstack-ts';

const SERVER = '192.168.7.2';
const [path, baud = '115200'] = process.argv.slice(2);

const app = express().disable('x-powered-by').set('etag', false);
const guests = [];
app.get('/', (_, response) => response.json({ hello: 'over a serial line', guests }));
app.post('/guests', express.json(), (request, response) => {
  guests.push(String(request.body?.name ?? 'nobody'));
  response.status(201).json({ count: guests.length });
});

/** Serves the app on `line`; any http server of Node takes connections this way. */
function serve(line) {
  const stack = new Stack({ address: SERVER, baud: Number(baud) });
  const server = createHttpServer(app);
  listen(stack, 80, (socket) => server.emit('connection', socket.setNoDelay()), { deferAccept: true });
  drive(stack, line);
}

if (path === undefined) {
  const line = new VirtualLine({ baud: Number(baud) });
  serve(line.b);
  // A second stack carries a browser's connections to the first.
  const client = new Stack({ address: '192.168.7.1', baud: Number(baud) });
  drive(client, line.a);
  const gateway = forward(client, {
    host: '127.0.0.1',
    port: Number(process.env.PORT ?? 8080),
    to: { address: SERVER, port: 80 },
  });
  gateway.on('listening', () => console.log(`open http://127.0.0.1:${gateway.address().port}/`));
} else {
  serve(await openSerialLine({ path, baud: Number(baud) }));
  console.log(`serving http://${SERVER}/ on ${path} at ${baud} bps`);
}
