import { type Row, runTable, SYNCHRONIZED, UNACKED } from '../../support/table.ts';

/** What is left of 101 octets, and of 100 with a FIN, when segments may be 88 octets long. */
const FIRST = '. 101:189(88) ack 501 win 1000';

/** ICMP errors about segments of ours; from 101 on, up to 202, they are in flight. */
// biome-ignore format: a row a line
const rows: Row[] = [
  // hard ones end an attempt to connect, and nothing else
  ['SYN-SENT', 'icmp unreachable port [0:0(0)]', '', 'CLOSED ECONNREFUSED', '', 'RFC 1122 §4.2.3.9'],
  ['SYN-SENT', 'icmp unreachable protocol [0:0(0)]', '', 'CLOSED ECONNREFUSED', '', 'RFC 1122 §4.2.3.9'],
  ['SYN-SENT', 'icmp unreachable port [1:1(0)]', '', '', '', 'RFC 5927 §4.1: not in flight (hazard 25)'],
  ['SYN-RECEIVED', 'icmp unreachable port [0:0(0)]', '', '', '', 'RFC 5927 §5.2'],
  [UNACKED, 'icmp unreachable port [101:201(100)]', '', '', '', 'RFC 5927 §5.2'],
  [UNACKED, 'icmp unreachable protocol [101:201(100)]', '', '', '', 'RFC 5927 §5.2'],
  [SYNCHRONIZED, 'icmp unreachable port [202:202(0)]', '', '', '', 'RFC 5927 §4.1: not in flight (hazard 25)'],
  // soft ones only explain a timeout
  ['SYN-SENT', 'icmp unreachable host [0:0(0)]', '', '', '', 'RFC 1122 §4.2.3.9'],
  ['SYN-SENT', 'icmp unreachable host [0:0(0)]; wait 179999; wait 1', '', 'CLOSED EHOSTUNREACH', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp unreachable host [101:201(100)]', '', '', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp unreachable net [101:201(100)]', '', '', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp time_exceeded [101:201(100)]', '', '', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp parameter_problem [101:201(100)]', '', '', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp source_quench [101:201(100)]', '', '', '', 'RFC 6633 §4'],
  [UNACKED, 'icmp unreachable host [101:201(100)]; wait 179999; wait 1', '', 'CLOSED EHOSTUNREACH', '', 'RFC 1122 §4.2.3.9'],
  [UNACKED, 'icmp unreachable host [100:200(100)]; wait 179999; wait 1', '', 'CLOSED ETIMEDOUT', '', 'RFC 5927 §4.1: not in flight (hazard 25)'],
  // too big: in smaller pieces, at once
  [['ESTABLISHED', 'CLOSE-WAIT'], 'icmp unreachable frag_needed mtu 128 [101:202(101)]', `${FIRST} | P. 189:202(13) ack 501 win 1000`, '', '', 'RFC 1191 §6.4'],
  [['FIN-WAIT-1', 'CLOSING'], 'icmp unreachable frag_needed mtu 128 [101:201(100)]', `${FIRST} | FP. 189:201(12) ack 501 win 1000`, '', '', 'RFC 1191 §6.4'],
  ['ESTABLISHED', 'icmp unreachable frag_needed mtu 0 [101:202(101)]', `${FIRST} | P. 189:202(13) ack 501 win 1000`, '', '', 'RFC 1191 §5: a router that names no MTU'],
  ['ESTABLISHED', 'icmp unreachable frag_needed mtu 68 [101:202(101)]', `${FIRST} | P. 189:202(13) ack 501 win 1000`, '', '', 'RFC 5927 §7: not so small'],
  [UNACKED, 'icmp unreachable frag_needed mtu 1500 [101:201(100)]', '', '', '', 'RFC 1191 §6.3: no news'],
  [UNACKED, 'icmp unreachable frag_needed mtu 128 [100:200(100)]', '', '', '', 'RFC 5927 §7.2: not in flight'],
  [SYNCHRONIZED, 'icmp unreachable frag_needed mtu 128 [202:302(100)]', '', '', '', 'RFC 5927 §7.2: not in flight'],
];

runTable(rows);
