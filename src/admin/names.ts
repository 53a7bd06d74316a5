import type { Counters, DropReason } from '../ip/counters.ts';

/** What is counted both ways: a metric's name without its prefix, its help, and the counters of what came in and went out. */
export const TRAFFIC = [
  ['line_bytes_total', 'Bytes that crossed the line, framing included.', 'bytes-received', 'bytes-sent'],
  ['line_frames_total', 'SLIP frames that crossed the line.', 'frames-received', 'frames-sent'],
  [
    'line_compressed_frames_total',
    'Frames with compressed TCP headers (RFC 1144).',
    'frames-compressed-received',
    'frames-compressed-sent',
  ],
  [
    'line_reference_frames_total',
    'Frames with a whole TCP header that compressed ones refer to (RFC 1144).',
    'frames-uncompressed-tcp-received',
    'frames-uncompressed-tcp-sent',
  ],
  ['datagrams_total', 'IPv4 datagrams, before any check.', 'datagramsIn', 'datagramsOut'],
  ['datagram_bytes_total', 'Bytes of IPv4 datagrams, headers included.', 'octetsIn', 'octetsOut'],
  ['icmp_errors_total', 'ICMP errors.', 'icmpErrorsIn', 'icmpErrorsOut'],
  ['tcp_segments_total', 'TCP segments that were sound.', 'segmentsIn', 'segmentsOut'],
  [
    'tcp_text_bytes_total',
    'Bytes of text received in order, and sent for the first time.',
    'textOctetsIn',
    'textOctetsOut',
  ],
  ['tcp_resets_total', 'TCP resets.', 'resetsIn', 'resetsOut'],
] as const;

/** Those that the histogram of round trips holds. */
type Measured = 'roundTrips' | 'roundTripTime';
type Event = Exclude<keyof Counters, (typeof TRAFFIC)[number][2 | 3] | DropReason | Measured>;

/** All else that a stack counts: by its counter, the metric's name without its prefix, and its help. */
export const EVENTS: Record<Event, readonly [name: string, help: string]> = {
  datagramsReassembled: ['datagrams_reassembled_total', 'Datagrams put together from fragments.'],
  echoRequestsIn: ['icmp_echo_requests_total', 'Pings received.'],
  echoRepliesIn: ['icmp_echo_replies_total', 'Answers to pings received.'],
  retransmissions: ['tcp_retransmissions_total', 'Segments sent again.'],
  timeouts: ['tcp_timeouts_total', 'Retransmission timeouts.'],
  spuriousTimeouts: ['tcp_spurious_timeouts_total', 'Timeouts that turned out to be needless (RFC 5682).'],
  fastRecoveries: ['tcp_fast_recoveries_total', 'Losses that acknowledgments told of (RFC 6675).'],
  tailLossProbes: ['tcp_tail_loss_probes_total', 'Probes for the loss of a last segment (RFC 8985).'],
  windowProbes: ['tcp_window_probes_total', 'Probes of windows that were closed.'],
  blackHoles: [
    'tcp_black_holes_total',
    'Connections whose large segments vanished (RFC 2923), so that they send small ones.',
  ],
  challengeAcks: ['tcp_challenge_acks_total', 'Acknowledgments in answer to suspect segments (RFC 5961).'],
  connectionsAccepted: ['tcp_connections_accepted_total', 'Connections that a visitor opened.'],
  connectionsOpened: ['tcp_connections_opened_total', 'Connections that were opened from here.'],
  connectionsReset: ['tcp_connections_reset_total', 'Connections that the other end reset.'],
  connectionsTimedOut: ['tcp_connections_timed_out_total', 'Connections given up for want of an answer.'],
  cookiesOut: ['tcp_syn_cookies_total', 'Handshakes answered without state (RFC 4987).'],
  statelessAnswers: [
    'tcp_stateless_answers_total',
    'Requests answered without a connection, for want of room.',
  ],
  statelessRepeats: [
    'tcp_stateless_repeats_total',
    'The same answers once more, for their requests came again.',
  ],
  statelessAdmissions: [
    'tcp_stateless_admissions_total',
    'Answers too long for a segment that got a connection in the end.',
  ],
  statelessRefusals: [
    'tcp_stateless_refusals_total',
    'Answers too long for a segment that got none in time: 503, or a reset.',
  ],
  icmpErrorsIgnored: ['icmp_errors_ignored_total', 'ICMP errors about nothing in flight.'],
};
