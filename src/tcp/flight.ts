import { add, atMost, before, distance } from './seq.ts';

/** One segment as it was sent and not yet acknowledged. SYN and FIN count as an octet each. */
export interface Sent {
  seq: number;
  /** Exclusive. */
  end: number;
  /** Time of the last transmission, ms. */
  sentAt: number;
  /** Sent more than once: its acknowledgment tells no round-trip time (Karn) and no reordering. */
  repeated: boolean;
  sacked: boolean;
  /** Believed lost, and not sent again since. */
  lost: boolean;
}

/** Why the connection is in recovery: what ends once `Connection.recover` is acknowledged. */
export type Recovery = 'none' | 'fast' | 'timeout';

/**
 * What is in flight: every segment sent and not acknowledged, in order of sequence numbers, with what
 * loss detection knows about each (the scoreboard of RFC 6675 with the times of RFC 8985). Exists
 * only while something is in flight.
 */
export class Flight {
  readonly sent: Sent[] = [];
  /** Octets believed to be on the way: neither acknowledged, nor sacked, nor lost ("pipe", RFC 6675 §4). */
  pipe = 0;
  sackedCount = 0;
  lostCount = 0;
  /** Duplicate acknowledgments in a row, where the peer sends no SACK (RFC 5681 §3.2). */
  dupAcks = 0;

  recovery: Recovery = 'none';
  /** cwnd and ssthresh before the timeout, to be restored if it was spurious (RFC 5682, RFC 3522). */
  undo: { cwnd: number; ssthresh: number } | undefined;
  /** New segments that go before anything is repeated: their answer tells whether the timeout was spurious (RFC 5682 §3.1). */
  newTextFirst = 0;
  /** No new acknowledgment came since the timeout. */
  awaitsProgress = false;

  /** RACK.xmit_ts, RACK.end_seq and RACK.rtt: the segment sent last of all that were delivered (RFC 8985 §5.2). */
  rackSentAt = -Infinity;
  rackEnd = 0;
  rackRtt = 0;
  /** RACK.fack: the highest sequence number that was delivered. */
  rackHighest: number;
  reorderingSeen = false;
  /** RACK.reo_wnd_mult and the recoveries it still lasts (RFC 8985 §6.2 step 4). */
  reorderWindows = 1;
  reorderPersist = 0;
  dsackRoundEnd: number | undefined;

  /** The smallest round-trip time seen, ms. */
  minRtt = Number.POSITIVE_INFINITY;

  /** Deadlines, Infinity when off: RTO, tail loss probe, and the end of the reordering window. */
  rtoAt = Number.POSITIVE_INFINITY;
  probeAt = Number.POSITIVE_INFINITY;
  reorderAt = Number.POSITIVE_INFINITY;
  /** The first repetition of a recovery goes out whatever the window says (RFC 6675 §5, step 4.3). */
  repeatAtOnce = false;

  constructor(sndUna: number) {
    this.rackHighest = sndUna;
  }

  /** Notes a segment of new sequence numbers. */
  push(seq: number, end: number, now: number): void {
    this.sent.push({ seq, end, sentAt: now, repeated: false, sacked: false, lost: false });
    this.pipe += distance(seq, end);
  }

  /** Notes that `sent` goes out again. */
  repeat(sent: Sent, now: number): void {
    if (sent.lost) {
      sent.lost = false;
      this.lostCount--;
      this.pipe += distance(sent.seq, sent.end);
    }
    sent.repeated = true;
    sent.sentAt = now;
  }

  markLost(sent: Sent): void {
    if (sent.lost || sent.sacked) return;
    sent.lost = true;
    this.lostCount++;
    this.pipe -= distance(sent.seq, sent.end);
  }

  markSacked(sent: Sent): void {
    if (sent.sacked) return;
    if (sent.lost) this.lostCount--;
    else this.pipe -= distance(sent.seq, sent.end);
    sent.lost = false;
    sent.sacked = true;
    this.sackedCount++;
  }

  /** Takes back what the peer sacked: it dropped it after all ("reneging", RFC 2018 §8). */
  forgetSacks(): void {
    for (const sent of this.sent) {
      if (!sent.sacked) continue;
      sent.sacked = false;
      this.pipe += distance(sent.seq, sent.end);
    }
    this.sackedCount = 0;
  }

  /** Believes again in what was marked lost. */
  forgetLosses(): void {
    for (const sent of this.sent) {
      if (!sent.lost) continue;
      sent.lost = false;
      this.pipe += distance(sent.seq, sent.end);
    }
    this.lostCount = 0;
  }

  /** The first segment that is to be sent again. */
  firstLost(): Sent | undefined {
    return this.lostCount === 0 ? undefined : this.sent.find((sent) => sent.lost);
  }

  /** Removes the segments that `ack` covers whole and returns those that were not sacked; one that it covers in part is cut. */
  acknowledge(ack: number): Sent[] {
    const delivered: Sent[] = [];
    while (this.sent.length > 0 && atMost(this.sent[0]!.end, ack)) {
      const sent = this.sent.shift()!;
      if (!sent.sacked) delivered.push(sent);
      this.#leave(sent, distance(sent.seq, sent.end));
    }
    const cut = this.sent[0];
    if (cut && before(cut.seq, ack)) {
      if (!cut.sacked && !cut.lost) this.pipe -= distance(cut.seq, ack);
      cut.seq = ack;
    }
    return delivered;
  }

  /** Cuts `sent` in two at `length` octets; the second half keeps all that is known of it. */
  split(sent: Sent, length: number): void {
    const at = this.sent.indexOf(sent);
    const rest = { ...sent, seq: add(sent.seq, length) };
    sent.end = rest.seq;
    this.sent.splice(at + 1, 0, rest);
    if (sent.sacked) this.sackedCount++;
    if (sent.lost) this.lostCount++;
  }

  #leave(sent: Sent, length: number): void {
    if (sent.sacked) this.sackedCount--;
    else if (sent.lost) this.lostCount--;
    else this.pipe -= length;
  }
}
