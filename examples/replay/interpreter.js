import { wire } from 'phpstack-ts';

const { Flag } = wire;
const ignore = () => undefined;

/**
 * A server never begins its sequence numbers where another has, so that what visitors acknowledged once means nothing
 * to it. This puts their acknowledgments into its own numbers.
 */
export class Interpreter {
  /** Where the sequence numbers began in the recorded SYN-ACK and in the new one, by the visitor's address and port. */
  #recorded = new Map();
  #answered = new Map();

  /** Looks at a datagram that the recorded server sent. */
  recorded(datagram) {
    note(this.#recorded, datagram);
  }

  /** Looks at a datagram that the new server sends. */
  answered(datagram) {
    note(this.#answered, datagram);
  }

  /** What the visitor would have sent to the new server; it is the datagram itself where nothing is to be changed. */
  translate(datagram) {
    const ip = wire.parseIpv4(datagram, ignore);
    const segment = ip && segmentIn(ip);
    const visitor = segment && `${ip.source}:${segment.sourcePort}`;
    if (!this.#recorded.has(visitor) || !this.#answered.has(visitor)) return datagram;
    const shift = this.#answered.get(visitor) - this.#recorded.get(visitor);
    const options = { ...segment.options, sack: segment.options.sack?.map((edge) => (edge + shift) | 0) };
    return rewrite(ip, { ...segment, ack: (segment.ack + shift) | 0, options });
  }
}

function note(beginnings, datagram) {
  const ip = wire.parseIpv4(datagram, ignore);
  const segment = ip && segmentIn(ip);
  if (segment && segment.flags & Flag.SYN) {
    beginnings.set(`${ip.destination}:${segment.destinationPort}`, segment.seq);
  }
}

function segmentIn(ip) {
  if (ip.protocol !== wire.Protocol.TCP) return undefined;
  return wire.parseSegment(ip.payload, sumOf(ip), ignore);
}

/** A datagram with `segment` in place of the one that it held. */
function rewrite(ip, segment) {
  const textAt = wire.IPV4_HEADER_LENGTH + wire.headerLengthWith(segment.options);
  const datagram = new Uint8Array(textAt + segment.text.length);
  wire.writeIpv4Header(datagram, ip);
  datagram.set(segment.text, textAt);
  const payload = datagram.subarray(wire.IPV4_HEADER_LENGTH);
  wire.writeSegment(payload, segment, sumOf({ ...ip, payload }));
  return datagram;
}

function sumOf({ source, destination, protocol, payload }) {
  return wire.pseudoHeaderSum(source, destination, protocol, payload.length);
}
