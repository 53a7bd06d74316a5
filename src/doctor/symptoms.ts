/** What was seen on a line since it was opened. */
export interface Observations {
  /** How long that is, in ms. */
  elapsed: number;
  /** The line's and the stack's. */
  counters: Readonly<Record<string, number>>;
  /** Whether a datagram came from the peer's address. */
  heardPeer: boolean;
  /** Another address that datagrams came from, if there was one. */
  stranger?: string | undefined;
  /** An address other than this end's that datagrams were sent to, if there was one. */
  wanted?: string | undefined;
}

export interface Ends {
  /** Dotted quads of this end and of the other. */
  address: string;
  peer: string;
}

/** What is the matter, and what to do about it. */
export interface Finding {
  name: 'silence' | 'garbage' | 'noise' | 'compressed' | 'unheeded' | 'stranger' | 'wanted' | 'loopback';
  advice: string;
}

/** A server may have to wait for its visitors, so silence is no symptom sooner than this, in ms. */
export const SILENCE = 30_000;
/** Bytes that hold a datagram, if there are any. */
const ENOUGH_BYTES = 64;
/** Damaged datagrams that may happen, and the share of them from which on it is worth a word. */
const FEW = 3;
const SHARE = 0.02;

const BAD_CHECKSUMS = ['ip-checksum', 'tcp-checksum', 'icmp-checksum'];
/** What damage does to compressed headers; half of all that is no frame looks like one, too. */
const TOSSED = ['slip-vj-toss', 'slip-vj-header'];
/** Frames of RFC 1144, with a whole header or a compressed one. */
const PACKED = (way: 'sent' | 'received') => [`frames-compressed-${way}`, `frames-uncompressed-tcp-${way}`];
const NO_HEADER = ['ip-truncated', 'ip-version', 'ip-header-length', 'ip-total-length'];

/** All reasons that a line's damage to frames and datagrams is refused for. */
export const DAMAGE: readonly string[] = [
  ...BAD_CHECKSUMS,
  ...TOSSED,
  ...NO_HEADER,
  ...['slip-oversize', 'slip-escape', 'slip-tiny', 'slip-type'],
];

/** Finds what is the matter with a line. */
export function diagnose(seen: Observations, { address, peer }: Ends): Finding[] {
  const { counters, elapsed, heardPeer, stranger, wanted } = seen;
  const count = (names: string[]) => names.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
  const bytes = count(['bytes-received']);
  if (bytes === 0) return elapsed < SILENCE ? [] : [SILENT];
  if (count(['slip-compressed']) > 0) return [COMPRESSED];
  const damaged = count(BAD_CHECKSUMS) + count(TOSSED);
  const sound = count(['datagramsIn']) - count(NO_HEADER) - count(['ip-checksum']);
  const mostAreDamaged = count(BAD_CHECKSUMS) > count(['frames-received']) / 2;
  if (damaged >= FEW && damaged > SHARE * sound && (sound > 0 || mostAreDamaged)) return [NOISY];
  if (sound <= 0) return bytes < ENOUGH_BYTES ? [] : [GARBLED];
  if (stranger === address) return [LOOPED];
  if (isUnheeded(count)) return [UNHEEDED];
  const findings: Finding[] = [];
  if (stranger && !heardPeer) findings.push(fromStranger(stranger, peer));
  if (wanted) findings.push(toAnother(wanted, address));
  return findings;
}

/**
 * Whether the other end takes no notice of what is compressed: it compresses nothing itself, and text is sent again and
 * again. (Handshakes are never compressed: they give round trips all the same, one for each connection.)
 */
function isUnheeded(count: (names: string[]) => number): boolean {
  const timeouts = count(['timeouts']);
  const isOneSided = count(PACKED('sent')) >= FEW && count(PACKED('received')) === 0;
  return isOneSided && timeouts >= FEW && timeouts > count(['roundTrips']);
}

const SILENT: Finding = {
  name: 'silence',
  advice:
    'not a byte has arrived yet: if the other end is up and sends, look for a loose cable, the wrong port, ' +
    'or TX and RX that are not crossed (a null-modem cable crosses them)',
};
const GARBLED: Finding = {
  name: 'garbage',
  advice:
    'bytes arrive, but no frames: the other end runs at another speed (--baud), or has a getty or login on ' +
    'its port instead of SLIP (systemctl stop serial-getty@PORT there)',
};
const NOISY: Finding = {
  name: 'noise',
  advice:
    'datagrams arrive damaged: noise or a long cable, a speed that is slightly off, or bytes lost for want of ' +
    'flow control (--flow-control rtscts, or a lower --baud at both ends)',
};
const COMPRESSED: Finding = {
  name: 'compressed',
  advice:
    'the other end compresses headers, which --framing slip forbids: use --framing auto here, or slattach -p slip there',
};
const UNHEEDED: Finding = {
  name: 'unheeded',
  advice:
    'the other end takes no notice of compressed headers, so that pings work and pages do not: use --framing auto ' +
    'here, or slattach -p cslip there',
};
const LOOPED: Finding = {
  name: 'loopback',
  advice:
    'what is sent comes back: there is a loopback plug, or TX and RX touch, or the other end echoes (a getty does); ' +
    'this port itself works',
};

function fromStranger(stranger: string, peer: string): Finding {
  const advice = `datagrams come from ${stranger}, none from ${peer}: --peer ${stranger}, or another address there`;
  return { name: 'stranger', advice };
}

function toAnother(wanted: string, address: string): Finding {
  const advice = `datagrams are sent to ${wanted}, and this end is ${address}: --address ${wanted}, or another peer there`;
  return { name: 'wanted', advice };
}
