import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { createOneSegmentServer, type LongResponse } from '../../src/web/one-segment.ts';
import { createPageServer } from '../../src/web/page-server.ts';

const REQUESTER = {
  remoteAddress: '192.168.7.1',
  remotePort: 5000,
  localAddress: '192.168.7.2',
  localPort: 80,
  room: 1460,
};
const GET = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n';

function serverFor(listener: RequestListener) {
  const server = createOneSegmentServer(listener);
  after(() => server.close());
  return (segment: string, room = 1460) =>
    server.answer(Buffer.from(segment), { ...REQUESTER, room }).then((made) => made && spelled(made));
}

function spelled(made: Uint8Array | LongResponse): string | LongResponse {
  return made instanceof Uint8Array ? Buffer.from(made).toString() : made;
}

const SORRY =
  'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

test('a whole request is answered by bytes that say that the connection ends', async () => {
  const answer = serverFor((request, response) => {
    response.sendDate = false;
    response.end(`${request.method} ${request.url} from ${request.socket.remoteAddress}`);
  });
  assert.equal(
    await answer(GET),
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 22\r\n\r\nGET / from 192.168.7.1',
  );
});

test('a request with its body is answered, of several the first', async () => {
  const answer = serverFor(async (request, response) => response.end(await text(request)));
  const post = 'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello';
  assert.match(String(await answer(post + GET)), /^HTTP\/1.1 200 OK\r\n.*\r\n\r\nhello$/s);
});

test('what is not all of a request gets 503 in one segment, and no page is made', async () => {
  let asked = 0;
  const answer = serverFor((_, response) => {
    asked++;
    response.end();
  });
  for (const part of [
    'G',
    GET.slice(0, -2),
    'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\nhello',
    'POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ])
    assert.equal(await answer(part), SORRY, part);
  assert.equal(asked, 0);
});

test('what is refused here is logged too', async () => {
  const log: { method?: string; status: number; bytes: number; aborted?: boolean }[] = [];
  const answered = (line: string) => void log.push(JSON.parse(line));
  const answer = serverFor(createPageServer({ log: pino({ base: null }, { write: answered }) }));
  const post = 'POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 6\r\n\r\nhello';
  for (const part of [GET.slice(0, -2), post, 'hello\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n']) await answer(part);
  const long = (await answer(GET, 100)) as LongResponse;
  long.giveUp();
  assert.deepEqual(
    log.map(({ method, status, aborted }) => [method, status, aborted]),
    [
      [undefined, 503, undefined],
      ['POST', 503, undefined],
      [undefined, 400, undefined],
      ['GET', 400, undefined],
      ['GET', 503, undefined],
    ],
  );
  for (const { status, bytes } of log) assert.equal(bytes, status === 503 ? SORRY.length : 66);
});

test('what is no request is told so', async () => {
  const answer = serverFor(() => assert.fail());
  assert.match(String(await answer('hello\r\n\r\n')), /^HTTP\/1.1 400 /);
  assert.match(String(await answer('GET / HTTP/1.1\r\n\r\n')), /^HTTP\/1.1 400 /);
});

test('a listener that gives no answer gives none', async () => {
  const answer = serverFor((request) => void request.socket.destroy());
  assert.equal(await answer(GET), undefined);
});

test('a response that is too long goes on over a socket, from its beginning to its end', async () => {
  const body = 'x'.repeat(100_000);
  let written = 0;
  const answer = serverFor(async (_, response) => {
    for (let at = 0; at < body.length; at += 10_000) {
      written = at + 10_000;
      if (!response.write(body.slice(at, at + 10_000))) await new Promise((go) => response.once('drain', go));
    }
    response.end();
  });
  const long = (await answer(GET)) as LongResponse;
  assert.ok(written < body.length, 'a response that waits is held back');
  const socket = new PassThrough();
  long.sendOver(socket);
  const sent = await text(socket);
  assert.match(sent, /^HTTP\/1.1 200 OK\r\n/);
  assert.equal(sent.match(/x+/g)?.join(''), body);
});

test('one that fits a segment but not this client is too long, and given up with 503', async () => {
  const closed = new Promise((resolve) => {
    const answer = serverFor((_, response) => {
      response.once('close', resolve);
      response.end('x'.repeat(600));
    });
    answer(GET, 536).then((long) =>
      assert.equal(Buffer.from((long as LongResponse).giveUp()).toString(), SORRY),
    );
  });
  await closed;
});

test('a page that fails, or a socket that does, ends the other', async () => {
  const answer = serverFor((_, response) => {
    response.write('x'.repeat(2000), () => response.destroy());
  });
  const failing = (await answer(GET)) as LongResponse;
  const socket = new PassThrough();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  failing.sendOver(socket.resume());
  await closed;
  const ended = new Promise((resolve) => {
    const other = serverFor((_, response) => {
      response.once('close', resolve);
      response.write('x'.repeat(2000));
    });
    other(GET).then((made) => {
      const gone = new PassThrough();
      (made as LongResponse).sendOver(gone);
      gone.destroy();
    });
  });
  await ended;
});

test('once it is finishing, only what was asked before is answered', async () => {
  let finish = () => {};
  const server = createOneSegmentServer((_, response) => {
    finish = () => response.end('done');
  });
  after(() => server.close());
  const under = server.answer(Buffer.from(GET), REQUESTER);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(server.isBusy, true);
  server.finish();
  assert.equal(await server.answer(Buffer.from(GET), REQUESTER), undefined);
  finish();
  assert.match(String(spelled((await under)!)), /done$/);
  assert.equal(server.isBusy, false);
});

test('the built-in front page fits a segment where its client takes it encoded', async () => {
  const pages = createPageServer();
  const answer = serverFor(pages);
  const request = `${GET.slice(0, -2)}Accept-Encoding: gzip, br\r\n\r\n`;
  const made = await answer(request);
  assert.equal(typeof made, 'string');
  assert.match(String(made), /^HTTP\/1.1 200 OK\r\n/);
  await pages.close();
});
