import type { Connection } from './connection.ts';
import type { Flight, Sent } from './flight.ts';
import { before } from './seq.ts';

const DUP_THRESH = 3;
/** Nothing is lost sooner than this, ms: where a round trip takes no time, each acknowledgment would repeat all. */
const GRANULARITY = 1;
/** A reordering window widened by D-SACKs lasts this many recoveries (RFC 8985 §6.2 step 4). */
const REORDER_PERSIST = 16;

/** Notes segments that arrived: the one sent last is the measure for the others (RACK_update, RFC 8985 §6.2 steps 1 to 3). */
export function noteDelivered(c: Connection, flight: Flight, delivered: Sent[]): void {
  for (const sent of delivered) {
    const rtt = c.tcp.now - sent.sentAt;
    // So soon, it acknowledges the first copy, not the second.
    if (sent.repeated && rtt < flight.minRtt) continue;
    if (!sent.repeated) flight.minRtt = Math.min(flight.minRtt, rtt);
    flight.rackRtt = rtt;
    if (sentAfter(sent.sentAt, sent.end, flight.rackSentAt, flight.rackEnd)) {
      flight.rackSentAt = sent.sentAt;
      flight.rackEnd = sent.end;
    }
    if (before(flight.rackHighest, sent.end)) flight.rackHighest = sent.end;
    else if (!sent.repeated && before(sent.end, flight.rackHighest)) flight.reorderingSeen = true;
  }
}

/** A D-SACK: something was sent again in vain, so reordering may be wider than thought; once a round trip (RFC 8985 §6.2 step 4). */
export function noteDsack(c: Connection, flight: Flight): void {
  if (flight.dsackRoundEnd !== undefined && before(c.sndUna, flight.dsackRoundEnd)) return;
  flight.dsackRoundEnd = c.sndNxt;
  flight.reorderWindows++;
  flight.reorderPersist = REORDER_PERSIST;
}

/**
 * Marks what must be lost by now and says whether that is news. With SACK by time: whatever was sent
 * a reordering window before something that arrived (RACK). Without, by duplicate acknowledgments.
 */
export function detectLosses(c: Connection, flight: Flight, advanced: boolean): boolean {
  const before = flight.lostCount;
  if (c.sackPermitted) detectByTime(c, flight);
  else detectByDuplicates(c, flight, advanced);
  return flight.lostCount > before;
}

/** RACK_detect_loss (RFC 8985 §6.2 step 5). */
function detectByTime(c: Connection, flight: Flight): void {
  flight.reorderAt = Number.POSITIVE_INFINITY;
  if (flight.sackedCount === 0 && flight.recovery === 'none') return;
  const window = reorderingWindow(c, flight);
  for (const sent of flight.sent) {
    if (sent.sacked || sent.lost) continue;
    if (!sentAfter(flight.rackSentAt, flight.rackEnd, sent.sentAt, sent.end)) continue;
    const due = sent.sentAt + Math.max(GRANULARITY, flight.rackRtt + window);
    if (due <= c.tcp.now) flight.markLost(sent);
    else flight.reorderAt = Math.min(flight.reorderAt, Math.ceil(due));
  }
}

function reorderingWindow(c: Connection, flight: Flight): number {
  const isSure = flight.recovery !== 'none' || flight.sackedCount >= DUP_THRESH;
  if (!flight.reorderingSeen && isSure) return 0;
  if (flight.minRtt === Number.POSITIVE_INFINITY) return 0;
  return Math.min((flight.reorderWindows * flight.minRtt) / 4, c.srtt / 1000);
}

/** Fast retransmit and NewReno's answer to partial acknowledgments (RFC 5681 §3.2, RFC 6582 §3.2). */
function detectByDuplicates(c: Connection, flight: Flight, advanced: boolean): void {
  const first = flight.sent[0];
  if (!first) return;
  // Duplicates of what the last recovery repeated in vain are no news (RFC 6582 §3.2 step 1, §4).
  const isNews = before(c.recover, c.sndUna);
  if (flight.recovery === 'none' && flight.dupAcks >= DUP_THRESH && isNews) flight.markLost(first);
  if (flight.recovery === 'fast' && advanced && !first.repeated) flight.markLost(first);
}

/** RACK_sent_after: by time, then by sequence number. */
function sentAfter(time1: number, end1: number, time2: number, end2: number): boolean {
  return time1 > time2 || (time1 === time2 && before(end2, end1));
}
