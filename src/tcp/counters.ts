import type { TcpDropReason as TcpParseDropReason } from '../wire/tcp.ts';

/** Why a segment was refused; each refused segment counts under exactly one. docs/operating.md explains them. */
export const TCP_DROP_REASONS = [
  'tcp-truncated',
  'tcp-data-offset',
  'tcp-checksum',
  'tcp-port-closed',
  'tcp-reset-unexpected',
  'tcp-listen-no-syn',
  'tcp-connections-full',
  'tcp-answers-full',
  'tcp-syn-repeated',
  'tcp-line-busy',
  'tcp-syn-sent-unexpected',
  'tcp-paws',
  'tcp-old-duplicate',
  'tcp-out-of-window',
  'tcp-reset-challenged',
  'tcp-syn-challenged',
  'tcp-no-ack',
  'tcp-ack-unacceptable',
  'tcp-text-after-fin',
  'tcp-text-after-close',
  'tcp-too-many-gaps',
] as const;

export type TcpDropReason = (typeof TCP_DROP_REASONS)[number] | TcpParseDropReason;

/** What the transport counts besides refusals. */
export const TCP_COUNTERS = [
  'segmentsIn',
  'segmentsOut',
  'textOctetsIn',
  'textOctetsOut',
  'roundTrips',
  'roundTripTime',
  'retransmissions',
  'timeouts',
  'spuriousTimeouts',
  'fastRecoveries',
  'tailLossProbes',
  'windowProbes',
  'blackHoles',
  'challengeAcks',
  'resetsIn',
  'resetsOut',
  'connectionsAccepted',
  'connectionsOpened',
  'connectionsReset',
  'connectionsTimedOut',
  'cookiesOut',
  'statelessAnswers',
  'statelessRepeats',
  'statelessAdmissions',
  'statelessRefusals',
  'icmpErrorsIgnored',
] as const;

export type TcpCounters = Record<(typeof TCP_COUNTERS)[number], number>;
