import { systemClock } from '../clock.ts';
import type { Stack } from '../ip/stack.ts';
import type { PortLine } from '../line/line.ts';
import { drive } from '../node/drive.ts';
import { ping } from '../node/ping.ts';
import { observe } from './observer.ts';
import type { Check } from './port-checks.ts';
import { diagnose, type Ends, type Observations } from './symptoms.ts';

/** How many requests, how far apart, and how long the last is waited for, in ms. */
const COUNT = 3;
const INTERVAL = 500;
const PATIENCE = 2000;

/** Pings the peer and looks at what comes meanwhile. */
export async function checkPeer(line: PortLine, stack: Stack, ends: Ends): Promise<Check[]> {
  const lost = new AbortController();
  line.onLost = (reason) => lost.abort(reason);
  const driver = drive(stack, line);
  const observer = observe(line, stack.counters, ends, () => {}, systemClock);
  const result = await ping(stack, line, {
    address: ends.peer,
    count: COUNT,
    interval: INTERVAL,
    timeout: PATIENCE + stack.tcp.settings.lineTime,
    signal: lost.signal,
  });
  const { seen } = observer;
  observer.stop();
  driver.stop();
  if (lost.signal.aborted) return [{ ok: false, text: `the port went away: ${lost.signal.reason}` }];
  const findings = findingsOf(seen, ends);
  if (result.received === 0) return findings.length > 0 ? findings : [unexplained(seen, ends)];
  const mean = result.rtts.reduce((sum, rtt) => sum + rtt, 0) / result.received;
  const text = `${ends.peer} answers ${result.received} of ${result.sent} pings, after ${mean.toFixed(1)} ms`;
  return [{ ok: result.received === result.sent, text }, ...findings];
}

/** Whoever asks for a doctor has waited long enough for a byte. */
function findingsOf(seen: Observations, ends: Ends): Check[] {
  const findings = diagnose({ ...seen, elapsed: Number.POSITIVE_INFINITY }, ends);
  return findings.map(({ advice }) => ({ ok: false, text: advice }));
}

function unexplained({ heardPeer }: Observations, { peer }: Ends): Check {
  const text = heardPeer
    ? `${peer} sends, but does not answer pings: a firewall there`
    : 'something arrives, but too little to tell what';
  return { ok: false, text };
}
