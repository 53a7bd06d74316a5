import assert from 'node:assert/strict';
import type { Application } from './application.ts';

/**
 * What must hold once a connection is over: every octet arrived, or both sides know that not all did.
 * `peer` is the application at the other end, if there was one.
 */
export function checkOutcome(name: string, application: Application, peer: Application | undefined): void {
  const { crashed, isClosed, error, leftEarly, sawEnd, sent, received } = application;
  if (crashed) return;
  assert.ok(isClosed, `${name} was never told that it is closed`);
  if (sawEnd) {
    assert.ok(peer, `${name} saw the end of a stream that nobody sent`);
    assert.equal(received, peer.sent, `${name} saw the end before all had arrived`);
    assert.ok(!peer.refusedText, `${name} saw an end, but its text was refused (RFC 1122 §4.2.2.13)`);
  }
  if (leftEarly || error) return;
  // It believes that all went well.
  assert.ok(sawEnd, `${name} was closed without an error before the peer's stream ended`);
  assert.ok(peer, `${name} was closed without an error, but had no peer`);
  if (peer.leftEarly || peer.crashed) return;
  assert.equal(peer.received, sent, `${name} was closed without an error, but not all of its text arrived`);
}
