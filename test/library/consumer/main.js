// Serves the built-in site to itself over a line in memory, and captures the visit.

import { readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  captureLine,
  connect,
  createPageServer,
  drive,
  listen,
  readCapture,
  Stack,
  VirtualLine,
} from 'phpstack-ts';

const line = new VirtualLine({ baud: 0 });
const captured = captureLine(line.b, 'visit.pcapng');
const server = new Stack({ address: '192.168.7.2' });
const client = new Stack({ address: '192.168.7.1' });
const drivers = [drive(server, captured), drive(client, line.a)];

const http = createServer(createPageServer());
const listener = listen(server, 80, (socket) => http.emit('connection', socket), { deferAccept: true });
const createConnection = () => connect(client, { address: '192.168.7.2', port: 80 });
const page = await new Promise((resolve, reject) => {
  get({ createConnection, path: '/' }, (response) => resolve(text(response))).on('error', reject);
});

listener.close();
for (const driver of drivers) driver.stop();
await Promise.all([captured.close(), line.a.close()]);
const datagrams = [...readCapture(readFileSync('visit.pcapng'))];
console.log(
  JSON.stringify({
    greets: /visitor/i.test(page),
    datagrams: datagrams.length,
    refused: server.counters['tcp-checksum'],
  }),
);
