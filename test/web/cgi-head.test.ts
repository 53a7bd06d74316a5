import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseHead, splitHead } from '../../src/web/cgi-head.ts';

//  output                          head              body
const SPLIT: [string, string | undefined, string][] = [
  ['A: b\n\nbody', 'A: b', 'body'],
  ['A: b\r\n\r\nbody', 'A: b', 'body'],
  ['A: b\r\nC: d\n\nbody', 'A: b\r\nC: d', 'body'],
  ['A: b\n\r\n\nbody', 'A: b', '\nbody'],
  ['\nbody', '', 'body'],
  ['A: b\n', undefined, ''],
];
for (const [output, head, body] of SPLIT) {
  test(`the head of ${JSON.stringify(output)} is ${JSON.stringify(head)}`, () => {
    const parts = splitHead(Buffer.from(output));
    assert.equal(parts?.head, head);
    assert.equal(parts?.body.toString() ?? '', body);
  });
}

//  head                                              status  headers
const HEADS: [string, number, Record<string, unknown>][] = [
  ['Content-Type: text/plain', 200, { 'Content-Type': 'text/plain' }],
  ['content-type:text/plain \r\nStatus: 404 Not here', 404, { 'content-type': 'text/plain' }],
  ['Status: 204', 204, {}],
  ['Location: http://elsewhere/', 302, { Location: 'http://elsewhere/' }],
  ['Status: 301 Moved\nLocation: /b', 301, { Location: '/b' }],
  ['Status: 200\nSet-Cookie: a\nset-cookie: b', 200, { 'Set-Cookie': ['a', 'b'] }],
  ['Content-Type: a/b\nContent-Type: c/d', 200, { 'Content-Type': 'c/d' }],
  ['Status: 200\nConnection: close\nTransfer-Encoding: chunked\nX-Powered-By: PHP', 200, {}],
];
for (const [head, status, headers] of HEADS) {
  test(`${JSON.stringify(head)} is a response with ${status}`, () => {
    const parsed = parseHead(head);
    assert.equal(parsed.status, status);
    assert.deepEqual(
      Object.entries(parsed.headers).map(([name, value]) => [name.toLowerCase(), value]),
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    assert.equal(parsed.localRedirect, undefined);
  });
}

test('a path as Location without a Status names another page of this server', () => {
  assert.equal(parseHead('Location: /b?c=d').localRedirect, '/b?c=d');
  assert.equal(parseHead('Location: //elsewhere/').localRedirect, undefined);
});

//  head                                    reason
const REFUSED: [string, RegExp][] = [
  ['', /malformed line: ""/],
  ['no head at all', /malformed line: "no head at all"/],
  ['X-A: b', /no Content-Type, Location or Status/],
  ['Content-Type: a/b\n folded', /malformed line/],
  ['Content-Type : a/b', /malformed line/],
  ['Content-Type: a\x01b', /malformed line/],
  ['Status: 99', /malformed Status: 99/],
  ['Status: 100 Continue', /malformed Status/],
  ['Status: fine', /malformed Status: fine/],
];
for (const [head, reason] of REFUSED) {
  test(`${JSON.stringify(head)} is refused`, () => assert.throws(() => parseHead(head), reason));
}
