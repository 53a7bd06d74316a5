import assert from 'node:assert/strict';
import { connect } from '../../../src/node/connect.ts';
import { listen } from '../../../src/node/listen.ts';
import type { TcpSocket } from '../../../src/node/socket.ts';
import { createHttpServer } from '../../../src/web/http-server.ts';
import { createPageServer } from '../../../src/web/page-server.ts';
import { B, Wire } from '../../support/wire.ts';
import { turnsUntil } from '../../support/wire-turns.ts';
import { Input } from '../input.ts';
import { SECRET, writeSite } from '../site.ts';

/** Real time in which every connection must have ended, ms. */
const PATIENCE = 8000;
/** Virtual time in which the last of a connection is forgotten, ms. */
const FORGETTING = 400_000;
const GOOD = 'GET / HTTP/1.1\r\nHost: line\r\nConnection: close\r\n\r\n';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'OPTIONS'] as const;
const HEADERS = [
  'Range',
  'If-None-Match',
  'If-Modified-Since',
  'If-Range',
  'Accept-Encoding',
  'Cookie',
  'Expect',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Host',
] as const;
/** In what a client sends, and never in a head or as markup in what it gets. */
const CANARY = { header: /^x-fuzz:/im, markup: /<fuzz/ };

const failures: object[] = [];
const log = { info: () => {}, warn: () => {}, error: (fields: object) => void failures.push(fields) };
const server = createHttpServer(createPageServer({ site: writeSite(), log }));

/** A client that says anything, in pieces: it gets whole answers or none, nothing secret, and others are served. */
export async function fuzz(bytes: Uint8Array): Promise<void> {
  const input = new Input(bytes);
  const wire = new Wire();
  listen(wire.b, 80, (socket) => server.emit('connection', socket.setNoDelay()), { deferAccept: true });
  const size = 1 + input.byte() * 4;
  const text = input.byte() % 2 === 0 ? Buffer.from(input.rest()) : request(input);
  const { heard, error } = await answerTo(wire, text, size);
  if (error === undefined) checkAnswers(heard);
  assert.doesNotMatch(heard, new RegExp(SECRET));
  assert.deepEqual(failures.splice(0), [], 'a page failed');
  const next = await answerTo(wire, Buffer.from(GOOD), GOOD.length);
  assert.match(next.heard, /^HTTP\/1\.1 200 .*\r\n\r\nthe front page$/s);
  wire.run(wire.now + FORGETTING);
  assert.equal(wire.b.connectionCount, 0, 'connections are left');
}

/** A request whose parts are the input's, so that it gets past the parser more often. */
function request(input: Input): Buffer {
  const text = () => Buffer.from(input.take(input.byte() % 64)).toString('latin1');
  const target = input.pick(['/', '/page', '/a.txt', '/sub', '/echo', '/status', '/up/', '/link.txt']);
  let head = `${input.pick(METHODS)} ${target}${text()} HTTP/1.1\r\nHost: line\r\n`;
  for (let count = input.byte() % 5; count > 0; count--) head += `${input.pick(HEADERS)}: ${text()}\r\n`;
  return Buffer.from(`${head}\r\n${Buffer.from(input.rest()).toString('latin1')}`, 'latin1');
}

/** All that a client hears that says `text` in pieces of `size` bytes, closes its half and waits. */
async function answerTo(wire: Wire, text: Buffer, size: number): Promise<{ heard: string; error?: string }> {
  const socket = connect(wire.a, { address: B, port: 80 });
  const client: { heard: string; error?: string } = { heard: '' };
  let ended = false;
  socket.on('data', (chunk: Buffer) => {
    client.heard += chunk.toString('latin1');
  });
  socket.on('end', () => {
    ended = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    client.error = error.code ?? error.message;
  });
  say(socket, text, size);
  const hasEnded = await turnsUntil(wire, () => ended || client.error !== undefined, PATIENCE);
  assert.ok(hasEnded, 'the server never ended the connection');
  socket.destroy();
  return client;
}

function say(socket: TcpSocket, text: Buffer, size: number): void {
  for (let at = 0; at < text.length; at += size) socket.write(text.subarray(at, at + size));
  socket.end();
}

/** Whole responses, one after the other (RFC 9112 §2.1), without a word of the client's in their heads. */
function checkAnswers(heard: string): void {
  for (let rest = heard; rest !== ''; ) {
    const [head, status] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[\w-]+: [^\r\n]*\r\n)*\r\n/.exec(rest) ?? [];
    assert.ok(head !== undefined, `no response: ${JSON.stringify(rest.slice(0, 200))}`);
    assert.ok(status !== '500', 'a request made the server fail');
    assert.doesNotMatch(head, CANARY.header);
    rest = rest.slice(head.length);
    const body = bodyLength(head, rest);
    assert.doesNotMatch(rest.slice(0, body), CANARY.markup);
    rest = rest.slice(body);
  }
}

/** Length of the body as it came: none where the head answers HEAD, which says the length that GET would have. */
function bodyLength(head: string, rest: string): number {
  const isNext = (at: number) => rest.length === at || rest.startsWith('HTTP/1.1 ', at);
  if (/^transfer-encoding: chunked/im.test(head)) return isNext(0) ? 0 : chunkedLength(rest);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  if (isNext(length)) return length;
  assert.ok(isNext(0), `a body of ${length} bytes is cut off after ${rest.length}`);
  return 0;
}

function chunkedLength(rest: string): number {
  for (let at = 0; ; ) {
    const [line, digits] = /^([\da-f]+)\r\n/i.exec(rest.slice(at, at + 12)) ?? [];
    assert.ok(line !== undefined, 'chunks are cut off');
    const size = Number.parseInt(digits!, 16);
    at += line.length + size + 2;
    if (size === 0) return at;
  }
}
