import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScript } from './interpreter.ts';

const run = (...lines: string[]) => runScript('example.pkt', ['// An example', ...lines].join('\n'));

const LISTENING = '0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3; bind(3, ..., ...) = 0; listen(3, 1) = 0';

test('a difference is told with its line, what was expected and what was sent when', () => {
  const script = () => run(LISTENING, '+.1 < S 0:0(0) win 1000', '+0 > S. 0:0(0) ack 2 <mss 1460>');
  assert.throws(script, (error: Error) => {
    assert.match(error.message, /example\.pkt:4: \+0 > S\. 0:0\(0\) ack 2/);
    assert.match(error.message, /expected {2}0\.100 > S\. 0:0\(0\) ack 2 <mss 1460>/);
    assert.match(error.message, /was {7}0\.100 > S\. 0:0\(0\) ack 1 <mss 1460>/);
    return true;
  });
});

test('a packet that comes too early, too late or not at all is a difference', () => {
  const handshake = [LISTENING, '+.1 < S 0:0(0) win 1000'];
  assert.throws(() => run(...handshake, '+.001 > S. 0:0(0) ack 1 <...>'), /was {7}0\.100 >/);
  assert.throws(
    () => run(...handshake, '+0 > S. 0:0(0) ack 1 <...>', '+.999 > S. 0:0(0) ack 1 <...>'),
    /nothing/,
  );
  assert.throws(() => run(LISTENING, '+.1 < R 0:0(0) win 0', '* > R 0:0(0)'), /nothing/);
});

test('a packet that no line asks for is a difference, amidst and at the end', () => {
  const handshake = [LISTENING, '+.1 < S 0:0(0) win 1000'];
  assert.throws(() => run(...handshake), /expected {2}nothing/);
  assert.throws(() => run(...handshake, '+.1 < . 1:1(0) ack 1 win 1000'), /expected {2}nothing/);
});

test('ranges of time and any time', () => {
  const handshake = [LISTENING, '+.1 < S 0:0(0) win 1000', '+0 > S. 0:0(0) ack 1 <...>'];
  run(
    ...handshake,
    '+.9~+1.1 > S. 0:0(0) ack 1 <...>',
    '+0 < S 0:0(0) win 1000',
    '* > S. 0:0(0) ack 1 <...>',
    '+4 < S 0:0(0) win 1000',
    '+0 > S. 0:0(0) ack 1 <...>',
  );
  assert.throws(() => run(...handshake, '+.8~+.9 > S. 0:0(0) ack 1 <...>'), /nothing/);
});

test('calls and assertions that give something else are differences', () => {
  assert.throws(() => run(LISTENING, '+0 accept(3, ..., ...) = 4'), /accept -1 EAGAIN/);
  assert.throws(() => run(LISTENING, '+0 = connections 1'), /connections 0/);
});

test('a script is refused with what it has that is not understood', () => {
  assert.throws(() => run('0 < X 0:0(0) win 1000'), /line 2: not a segment/);
  assert.throws(() => run('0 < S 0:1(0) win 1000'), /length does not fit/);
  assert.throws(() => run('0 < . 0:0(0) win 1000'), /go together/);
  assert.throws(() => run('0 < S 0:0(0) win 1000 <msx 5>'), /unknown option: msx/);
  assert.throws(() => run('0 < icmp nonsense [0:0(0)]'), /not an ICMP error/);
  assert.throws(() => run('0 fork() = 0'), /no such call/);
  assert.throws(() => run('hello'), /line 2: not understood/);
  assert.throws(() => run('--speed=9'), /unknown option: --speed=9/);
  assert.throws(() => run('+1 = nonsense 1'), /no connection|nothing is known/);
  assert.throws(() => run('1 < R 0:0(0) win 0', '0 < R 0:0(0) win 0'), /time goes back/);
  assert.throws(() => runScript('x.pkt', '0 < R 0:0(0) win 0'), /first line/);
});

test('text is checked octet by octet, both ways', () => {
  const established = '0 established <mss 1000> win 1000';
  run(established, '+0 < P. 1:101(100) ack 1 win 1000; read(4, ..., 100) = 100', '+.1 > . 1:1(0) ack 101');
  run(established, '+0 write(4, ..., 300) = 300', '+0 > P. 1:301(300) ack 1');
});
