/** What all connections of a stack have in common. Sizes in octets, times in ms. */
export interface TcpSettings {
  /** This end's address. */
  address: number;
  /** Largest segment text that fits a datagram: MTU − 40. Announced as MSS. */
  mss: number;
  maxConnections: number;
  /** Most idle connections that are not put to rest: they may be about to be needed. */
  mostIdle: number;
  timestamps: boolean;
  sack: boolean;
  receiveBuffer: number;
  sendBuffer: number;
  initialRto: number;
  minRto: number;
  /** Time that two full datagrams take on the line, one each way: no acknowledgment can come sooner. */
  lineTime: number;
  /** How long an acknowledgment may wait for company: below the half second of RFC 9293 §3.8.6.3 (MUST-40). */
  ackDelay: number;
  /** Time to live of the datagrams sent. */
  ttl: number;
  /** How long TIME-WAIT lasts (2 MSL). */
  timeWait: number;
  /** How long FIN-WAIT-2 waits for a silent peer once nobody reads any more. Before, that is probed after `userTimeout`. */
  finWait2: number;
  /**
   * How long a SYN, text, or a FIN may go unacknowledged: R2 of RFC 9293 §3.8.3, at least three minutes
   * for a SYN (MUST-23) and 100 s for the rest.
   */
  userTimeout: number;
}

/** The longest that a peer may delay an acknowledgment without fault, as RFC 8985 §7.2 reckons (WCDelAckT). */
export const PEER_ACK_DELAY = 200;
/** Smaller announcements are taken as this: tiny segments would cost more headers than text. */
export const LEAST_MSS = 48;
/** What a peer takes that announces nothing (RFC 9293 §3.7.1). */
export const DEFAULT_MSS = 536;

/** SND.MSS towards a peer that announced `announced`, in octets of text and options (RFC 9293 §3.7.1). */
export function sendMss(announced: number | undefined, { mss }: TcpSettings): number {
  return Math.min(Math.max(announced ?? DEFAULT_MSS, LEAST_MSS), mss);
}

/** Octets of the longest datagram that is sent. */
export function fullDatagram({ mss }: TcpSettings): number {
  return mss + 40;
}

/** What the line carries in `ms`, in octets of datagrams; Infinity where its speed is not known. */
export function carriedIn(ms: number, settings: TcpSettings): number {
  return settings.lineTime === 0
    ? Number.POSITIVE_INFINITY
    : (2 * ms * fullDatagram(settings)) / settings.lineTime;
}

/** The most octets that a window can announce, by the largest shift (RFC 7323 §2.3). */
export const LARGEST_WINDOW = 65_535 * 2 ** 14;

/** Time in ms that two full datagrams take on a line of `baud` bits a second, 10 bits to a byte, framing included; 0 where the speed is not known. */
export function lineTimeFor(baud: number, mtu: number): number {
  return baud === 0 ? 0 : (2 * (mtu + 2) * 10 * 1000) / baud;
}
