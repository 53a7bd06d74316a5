import type { Connection } from './connection.ts';

/** Clock granularity G of RFC 6298, in µs. */
const GRANULARITY = 1000;
const LARGEST_RTO = 60_000;
/** What RTO starts at once a SYN had to be repeated (RFC 6298 §5.7), in ms. */
const RTO_AFTER_SYN_TIMEOUT = 3000;

/** Takes a round-trip time in ms into SRTT and RTTVAR (RFC 6298 §2), which are kept in whole µs; ends the backoff (§5.7, Karn). */
export function sampleRtt(c: Connection, rtt: number): void {
  const { counters } = c.tcp;
  counters.roundTrips++;
  counters.roundTripTime += rtt;
  c.tcp.onRoundTrip(rtt);
  const r = Math.max(1, Math.round(rtt * 1000));
  if (c.srtt === 0) {
    c.srtt = r;
    c.rttvar = r >> 1;
  } else {
    c.rttvar = Math.round(0.75 * c.rttvar + 0.25 * Math.abs(c.srtt - r));
    c.srtt = Math.round(0.875 * c.srtt + 0.125 * r);
  }
  c.backoff = 0;
}

/** The retransmission timeout in ms, backed off (RFC 6298 §2, §5.5). */
export function retransmissionTimeout(c: Connection): number {
  const { initialRto, minRto } = c.tcp.settings;
  const measured = (c.srtt + Math.max(GRANULARITY, 4 * c.rttvar)) / 1000;
  const base = c.srtt > 0 ? Math.max(minRto, measured) : unmeasuredTimeout(c);
  return Math.min(base * 2 ** c.backoff, Math.max(LARGEST_RTO, initialRto));
}

/** Where the SYN had to be repeated, and told nothing, text is given longer (RFC 6298 §5.7). */
function unmeasuredTimeout(c: Connection): number {
  const { initialRto } = c.tcp.settings;
  return c.synRepeated && !isHandshake(c) ? Math.max(initialRto, RTO_AFTER_SYN_TIMEOUT) : initialRto;
}

function isHandshake(c: Connection): boolean {
  return c.state === 'SYN-SENT' || c.state === 'SYN-RECEIVED';
}
