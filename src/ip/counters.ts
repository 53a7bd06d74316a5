import { TCP_COUNTERS, TCP_DROP_REASONS, type TcpCounters, type TcpDropReason } from '../tcp/counters.ts';
import type { Drop } from '../wire/drop.ts';

/**
 * Why a datagram was refused: each under exactly one. The last two are of replies that were not sent.
 * docs/operating.md explains them.
 */
export const IP_DROP_REASONS = [
  'ip-truncated',
  'ip-version',
  'ip-header-length',
  'ip-checksum',
  'ip-total-length',
  'ip-options',
  'ip-source-route',
  'ip-martian-source',
  'ip-broadcast',
  'ip-not-ours',
  'ip-fragment-length',
  'ip-fragment-duplicate',
  'ip-fragment-overlap',
  'ip-fragments-full',
  'ip-fragment-timeout',
  'ip-protocol-unknown',
  'udp-port-closed',
  'icmp-truncated',
  'icmp-checksum',
  'icmp-unknown',
  'icmp-error-unfounded',
  'icmp-rate-limited',
  'replies-full',
] as const;

export type IpDropReason = (typeof IP_DROP_REASONS)[number];
export type DropReason = IpDropReason | TcpDropReason;

const IP_COUNTERS = [
  'datagramsIn',
  'datagramsOut',
  'octetsIn',
  'octetsOut',
  'datagramsReassembled',
  'echoRequestsIn',
  'echoRepliesIn',
  'icmpErrorsIn',
  'icmpErrorsOut',
] as const;

/** Everything that a stack counts, by name: what went through, and what was refused by reason. */
export type Counters = TcpCounters & Record<(typeof IP_COUNTERS)[number] | DropReason, number>;

export function newCounters(): Counters {
  const names = [...IP_COUNTERS, ...TCP_COUNTERS, ...IP_DROP_REASONS, ...TCP_DROP_REASONS];
  return Object.fromEntries(names.map((name) => [name, 0])) as Counters;
}

/** Counts a refusal, and tells of it: the one way in which anything is dropped. */
export function dropInto(counters: Counters, tell: (reason: DropReason) => void): Drop<DropReason> {
  return (reason) => {
    counters[reason]++;
    tell(reason);
    return undefined;
  };
}
