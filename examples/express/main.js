// An Express app at the end of a serial line.
//   node main.js                         a virtual line, for a browser on this machine
//   node main.js /dev/ttyUSB0 [BAUD]     a real one
import express from 'express';
import { createHttpServer, drive, forward, listen, openSerialLine, Stack, VirtualLine } from 'phpstack-ts';

const SERVER = '192.168.7.2';
const STYLE =
  'html{background:#468;color-scheme:light dark;font:1em/1.5 sans-serif}body{max-width:34em;margin:1em auto;padding:1em 1.5em;background:canvas;border:5px ridge;overflow-wrap:anywhere}input,button{font:inherit}';
const [path, baud = '115200'] = process.argv.slice(2);

const app = express().disable('x-powered-by').set('etag', false);
const guests = [];
app.get('/', (_, response) => response.send(page()));
app.get('/guests', (_, response) => response.json(guests));
app.post('/guests', express.json(), express.urlencoded(), (request, response) => {
  guests.push(String(request.body?.name ?? 'nobody'));
  if (request.is('json')) response.status(201).json({ count: guests.length });
  else response.redirect(303, '/');
});

function page() {
  const names = guests.map((name) => `<li>${name.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}`).join('');
  return `<!DOCTYPE html><html lang=en><title>Guests</title><meta name=viewport content="width=device-width">
<link rel=icon href=data:,><style>${STYLE}</style>
<h1>Express over a serial line</h1>
<form method=post action=guests><label>Your name <input name=name required></label> <button>Sign</button></form>
<ul>${names}</ul>`;
}

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
