import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { folder } from '../support/web.ts';
import { WebWire } from '../support/web-wire.ts';

const HEAD = 'Host: line\r\n';
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\n${HEAD}${headers}\r\n`;
const post = (length: number, body: string) =>
  `POST /post HTTP/1.1\r\n${HEAD}Content-Length: ${length}\r\n\r\n${body}`;
const LAST = 'Connection: close\r\n';

/** Answers are given when the test says so. */
function waiting(limits = {}) {
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  const web = new WebWire((request, response) => {
    asked.push(request.url!);
    answers.push(() => response.end(`answer to ${request.url}`));
  }, limits);
  return { web, asked, answers };
}

test('a client that has said all it has to say gets its page nevertheless', async () => {
  const { web, answers } = waiting();
  const client = web.client(get('/a') + get('/b'));
  client.socket.end();
  for (const count of [1, 2]) {
    await web.until(() => answers.length === count);
    await web.pass(50);
    answers.at(-1)!();
  }
  await web.until(() => client.socket.destroyed);
  assert.deepEqual(client.heard.match(/answer to ..$|answer to \/a/g), ['answer to /a', 'answer to /b']);
  assert.equal(client.error, undefined);
});

test('a client that closes its half before its page is begun is answered, and then closed', async () => {
  const web = WebWire.pages({ site: folder({ 'a.html': 'page' }) }, { keepAliveTimeout: 600_000 });
  const client = web.client(get('/a.html'));
  client.socket.end();
  await web.until(() => client.ended);
  assert.match(client.heard, /page$/);
});

test('of a pipeline one request is answered at a time, in order', async () => {
  const { web, asked, answers } = waiting();
  const client = web.client(get('/a') + get('/b') + get('/c', LAST));
  for (const so of [['/a'], ['/a', '/b'], ['/a', '/b', '/c']]) {
    await web.until(() => asked.length === so.length);
    await web.pass(20);
    assert.deepEqual(asked, so);
    answers.at(-1)!();
  }
  await web.until(() => client.ended);
  assert.deepEqual(client.heard.match(/answer to \/./g), ['answer to /a', 'answer to /b', 'answer to /c']);
});

test('what waited in the pipeline of a client that is gone is never begun', async () => {
  const { web, asked, answers } = waiting();
  const client = web.client(get('/a') + get('/b'));
  await web.until(() => asked.length === 1);
  client.socket.resetAndDestroy();
  await web.until(() => [...web.wire.b.connections].length === 0);
  answers[0]!();
  await web.pass(20);
  assert.deepEqual(asked, ['/a']);
});

test('a request that is refused by its head has its refusal, though nonsense comes behind it', async () => {
  const { web, asked, answers } = waiting();
  const client = web.client(`${get('/a')}GET /b\r\n\r\n*nonsense*\r\n\r\n`);
  await web.until(() => asked.length === 1);
  await web.pass(20);
  answers[0]!();
  await web.until(() => client.ended);
  assert.deepEqual(client.statuses, [200, 505]);
});

test('nonsense after a request is refused after its answer', async () => {
  const { web, asked, answers } = waiting();
  const client = web.client(`${get('/a')}NONSENSE\r\n\r\n`);
  await web.until(() => asked.length === 1);
  await web.pass(20);
  assert.equal(client.heard, '');
  answers[0]!();
  await web.until(() => client.ended);
  assert.deepEqual(client.statuses, [200, 400]);
});

test('nonsense amidst an answer does not get into it', async () => {
  const web = new WebWire((_request, response) => {
    response.writeHead(200, { 'Content-Length': 10 });
    response.write('01234');
    setImmediate(() => response.end('56789'));
  });
  const client = web.client(`${get('/a')}NONSENSE\r\n\r\n`);
  await web.until(() => client.ended);
  assert.match(client.heard, /\r\n\r\n0123456789HTTP\/1\.1 400 /);
});

test('after the last request that a connection may make it is closed, though the client does not', async () => {
  const { web, asked, answers } = waiting({ maxRequestsPerSocket: 2, lingerTimeout: 50 });
  const client = web.client(get('/a') + get('/b') + get('/c'));
  await web.until(() => answers.length === 1);
  answers[0]!();
  await web.until(() => answers.length === 2);
  answers[1]!();
  await web.until(() => client.ended);
  assert.deepEqual(client.heard.match(/Connection: .*/g), ['Connection: keep-alive', 'Connection: close']);
  await web.until(() => {
    client.socket.write(get('/d'));
    return client.error === 'ECONNRESET';
  });
  assert.deepEqual(asked, ['/a', '/b']);
});

test('after an answer that closes, what was asked beyond it is not looked at', async () => {
  let asked = 0;
  const web = new WebWire((_request, response) => {
    asked++;
    response.setHeader('Connection', 'close').end();
  });
  const client = web.client(get('/a') + get('/b'));
  await web.until(() => client.ended);
  await web.pass(20);
  assert.equal(asked, 1);
});

const READERS: [who: string, read: (request: AsyncIterable<Buffer>) => Promise<void>][] = [
  ['never looks at it', async () => {}],
  [
    'stops reading it',
    async (request) => {
      for await (const _ of request) break;
    },
  ],
];
for (const [who, read] of READERS) {
  const listen = (limits = {}) =>
    new WebWire(async (request, response) => {
      if (request.method === 'POST') await read(request);
      assert.equal(request.socket.remoteAddress, '192.168.7.1');
      response.end(`answer to ${request.url}`);
    }, limits);

  test(`a body of 200 kB to a page that ${who}: the next request is answered`, async () => {
    const web = listen();
    const client = web.client(post(200_000, 'x'.repeat(200_000)) + get('/next', LAST));
    await web.until(() => client.ended);
    assert.deepEqual(client.heard.match(/answer to \/(post|next)/g), ['answer to /post', 'answer to /next']);
  });

  test(`a body without end to a page that ${who}: the connection is closed in the end`, async () => {
    const web = listen({ lingerTimeout: 50 });
    const client = web.client(`POST /post HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    await web.until(() => {
      client.socket.write('5\r\nhello\r\n');
      return client.error === 'ECONNRESET';
    });
    assert.match(client.heard, /answer to \/post$/);
  });

  test(`a client that goes amidst a body to a page that ${who} disturbs nobody`, async () => {
    const web = listen();
    const client = web.client(post(200_000, 'x'.repeat(50_000)));
    await web.until(() => client.heard.endsWith('/post'));
    client.socket.end();
    await web.until(() => client.ended);
    assert.deepEqual(client.statuses, [200]);
    assert.match(await web.answer(get('/next', LAST)), /answer to \/next$/);
  });
}

const asking = (path: string) =>
  `POST ${path} HTTP/1.1\r\n${HEAD}Expect: 100-continue\r\nContent-Length: 5\r\n${LAST}\r\n`;

test('who asks before it sends a body is told to go on when its turn has come and the body is wanted', async () => {
  const go: (() => void)[] = [];
  const web = new WebWire((request, response) => {
    if (request.method === 'GET') return void go.push(() => response.end('first'));
    const lengths: number[] = [];
    request
      .on('data', (chunk) => lengths.push(chunk.length))
      .on('end', () => response.end(`${lengths} bytes`));
  });
  const client = web.client(get('/first') + asking('/post'));
  await web.until(() => go.length === 1);
  await web.pass(20);
  assert.deepEqual(client.statuses, []);
  go[0]!();
  await web.until(() => client.statuses.length === 2);
  client.socket.write('hello');
  await web.until(() => client.ended);
  assert.deepEqual(client.statuses, [200, 100, 200]);
  assert.match(client.heard, /5 bytes$/);
});

test('who asks before it sends a body that nobody wants is answered at once, and not told to go on', async () => {
  const web = WebWire.pages({ site: folder({ 'a.html': 'page' }) });
  const client = web.client(asking('/a.html'));
  await web.until(() => client.ended);
  assert.deepEqual(client.statuses, [405]);
  const unasked = web.client(`${asking('/a.html')}hello`);
  await web.until(() => unasked.ended);
  assert.deepEqual(unasked.statuses, [405]);
});

test('a kept connection is kept for as long as is said, and no longer', async () => {
  const web = new WebWire((_request, response) => void response.end('page'), { keepAliveTimeout: 300 });
  const client = web.client(get('/a'));
  await web.until(() => client.heard.endsWith('page'));
  const began = performance.now();
  await web.until(() => client.ended);
  const kept = performance.now() - began;
  assert.ok(kept > 250 && kept < 1200, `kept for ${kept} ms`);
});

test('a client that goes amidst its body, or as soon as it is refused, is not lingered for', async () => {
  const slow = { requestTimeout: 60, headersTimeout: 60, connectionsCheckingInterval: 20 };
  for (const [isRead, limits, status] of [
    [true, {}, 400],
    [false, slow, 408],
  ] as const) {
    let socket: Socket | undefined;
    const web = new WebWire((request) => {
      socket = request.socket;
      if (isRead) request.resume();
    }, limits);
    // More than streams hold by themselves, of whatever Node.
    const client = web.client(post(500_000, 'x'.repeat(400_000)));
    client.socket.end();
    await web.until(() => client.ended);
    assert.deepEqual(client.statuses, [status]);
    await web.until(() => socket!.destroyed);
  }
});

test('a post to a static page is refused, and its body not waited for', async () => {
  const web = WebWire.pages({ site: folder({ 'a.html': 'page' }) });
  const client = web.client(post(100_000, ''));
  await web.until(() => client.ended);
  assert.match(client.heard, /^HTTP\/1\.1 405 .*Connection: close/s);
  client.socket.write('x'.repeat(1000));
  await web.pass(50);
  assert.equal(client.error, undefined, 'no reset overtakes the answer');
});

test('a body that turns out too large is answered by 413, or cut off where the answer has begun', async () => {
  const early = new WebWire((request) => void request.resume(), { maxBodySize: 10 });
  const chunked = `POST / HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n`;
  assert.match(await early.answer(chunked), /^HTTP\/1\.1 413 /);
  const late = new WebWire((request, response) => void request.pipe(response), { maxBodySize: 10 });
  const client = late.client(chunked.replace('b\r\nhello world\r\n', '5\r\nhello\r\n'));
  await late.until(() => client.heard.includes('hello'));
  client.socket.write('6\r\n world\r\n');
  await late.until(() => client.ended);
  assert.doesNotMatch(client.heard, /world|413/);
});

test('at the end what is asked already is answered, and then all connections end', async () => {
  const { web, answers } = waiting({ keepAliveTimeout: 600_000 });
  const idle = web.client(get('/idle'));
  await web.until(() => answers.length === 1);
  answers[0]!();
  await web.until(() => idle.heard.endsWith('answer to /idle'));
  const busy = web.client(get('/a') + get('/b'));
  await web.until(() => answers.length === 2);
  assert.equal(web.server.isBusy, true);
  web.server.finish();
  await web.until(() => idle.ended);
  busy.socket.write(get('/too-late'));
  for (const count of [2, 3]) {
    await web.until(() => answers.length === count);
    answers.at(-1)!();
  }
  await web.until(() => busy.ended);
  assert.deepEqual(busy.heard.match(/answer to \S+?(?=HTTP|$)/g), ['answer to /a', 'answer to /b']);
  assert.match(busy.heard, /Connection: close[\s\S]*answer to \/b$/);
  assert.deepEqual([web.server.isBusy, answers.length], [false, 3]);
});

test('once it ends, whoever comes is let go at once', async () => {
  const { web, asked } = waiting();
  web.server.finish();
  const client = web.client(get('/a'));
  await web.until(() => client.ended || client.error !== undefined);
  assert.deepEqual([client.heard, asked], ['', []]);
});

test('an answer whose head has gone out already is the last one, too', async () => {
  let finish = () => {};
  const web = new WebWire(
    (_request, response) => {
      response.writeHead(200, { 'Content-Length': 8 }).write('half');
      finish = () => void response.end('half');
    },
    { keepAliveTimeout: 600_000 },
  );
  const client = web.client(get('/a'));
  await web.until(() => client.heard.endsWith('half'));
  web.server.finish();
  finish();
  await web.until(() => client.ended);
  assert.match(client.heard, /halfhalf$/);
});
