import type { Clock } from '../clock.ts';
import type { PortLine } from '../line/line.ts';
import { formatAddress, isUnicast } from '../wire/address.ts';
import { parseIpv4 } from '../wire/ipv4.ts';
import { diagnose, type Ends, type Finding, type Observations } from './symptoms.ts';

/** How often the counters are looked at, in ms. */
const INTERVAL = 2000;

/**
 * Looks on at a line that is driven, and tells of each thing that is the matter with it, once.
 *
 * @param counters of the stack
 * @returns what was seen so far, and the end of it
 */
export function observe(
  line: PortLine,
  counters: Readonly<Record<string, number>>,
  ends: Ends,
  report: (finding: Finding) => void,
  clock: Clock,
): { readonly seen: Observations; stop(): void } {
  const openedAt = clock.now();
  const sources = new Witness(ends);
  const reported = new Set<string>();
  const deliver = line.onDatagram;
  line.onDatagram = (datagram) => {
    sources.saw(datagram);
    deliver(datagram);
  };
  // Filled again at each look: a hundred numbers copied every two seconds are garbage for years.
  const all: Record<string, number> = {};
  const observations = (): Observations => ({
    elapsed: line.isOpen ? clock.now() - openedAt : 0,
    counters: Object.assign(all, counters, line.counters),
    ...sources.findings,
  });
  const look = () => {
    for (const finding of diagnose(observations(), ends)) {
      if (!reported.has(finding.name)) report(finding);
      reported.add(finding.name);
    }
    timer = clock.setTimeout(look, INTERVAL);
  };
  let timer = clock.setTimeout(look, INTERVAL);
  return {
    get seen() {
      return observations();
    },
    stop: () => clock.clearTimeout(timer),
  };
}

/** Who sends to whom. */
class Witness {
  readonly #ends: Ends;
  readonly findings: Pick<Observations, 'heardPeer' | 'stranger' | 'wanted'> = { heardPeer: false };

  constructor(ends: Ends) {
    this.#ends = ends;
  }

  /** The first datagram of the peer's settles it, so that this costs nothing from then on. */
  saw(datagram: Uint8Array): void {
    if (this.findings.heardPeer) return;
    const parsed = parseIpv4(datagram, () => undefined);
    if (!parsed) return;
    const [from, to] = [formatAddress(parsed.source), formatAddress(parsed.destination)];
    if (from === this.#ends.peer) this.findings.heardPeer = true;
    else this.findings.stranger ??= from;
    // What comes back from a loopback plug is for the other end, and rightly so.
    const isMisled = to !== this.#ends.address && from !== this.#ends.address;
    if (isMisled && isUnicast(parsed.destination)) this.findings.wanted ??= to;
  }
}
