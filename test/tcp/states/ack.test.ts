import { ACK, ACKED, type Row, runTable, SYNCHRONIZED, UNACKED } from '../../support/table.ts';

/** Segments that only acknowledge. SND.UNA is 101, SND.NXT 202, MAX.SND.WND 1000; nothing is in flight in FIN-WAIT-2 and TIME-WAIT. */
// biome-ignore format: a row a line
const rows: Row[] = [
  // how old: below SND.UNA − MAX.SND.WND no peer could be so late
  [UNACKED, '. 501:501(0) ack 100', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 501:501(0) ack -899', '', '', '', 'RFC 5961 §5.2'],
  [UNACKED, '. 501:501(0) ack -900', ACK, '', 'tcp-ack-unacceptable', 'RFC 5961 §5.2'],
  [UNACKED, '. 501:501(0) ack -900000', ACK, '', 'tcp-ack-unacceptable', 'RFC 5961 §5.2'],
  [ACKED, '. 501:501(0) ack 201', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  [ACKED, '. 501:501(0) ack -798', '', '', '', 'RFC 5961 §5.2'],
  [ACKED, '. 501:501(0) ack -799', ACK, '', 'tcp-ack-unacceptable', 'RFC 5961 §5.2'],
  // good
  [UNACKED, '. 501:501(0) ack 101', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 501:501(0) ack 102', '', 'una 102', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 501:501(0) ack 201', '', 'una 201', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['ESTABLISHED', '. 501:501(0) ack 202', '', 'una 202', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['CLOSE-WAIT', '. 501:501(0) ack 202', '', 'una 202', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['FIN-WAIT-1', '. 501:501(0) ack 202', '', 'FIN-WAIT-2, una 202', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['CLOSING', '. 501:501(0) ack 202', '', 'TIME-WAIT, una 202', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['LAST-ACK', '. 501:501(0) ack 202', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 fifth'],
  [ACKED, '. 501:501(0) ack 202', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  // of what was never sent
  [SYNCHRONIZED, '. 501:501(0) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '. 501:501(0) ack 1202', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '. 501:501(0) ack 2147480000', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '. 501:501(0) ack 203; . 501:501(0) ack 204', '', '', 'tcp-ack-unacceptable', 'RFC 5961 §7'],
  // where it stands: inside the window anywhere, outside nowhere
  ['ESTABLISHED', '. 1500:1500(0) ack 202', '', 'una 202', '', 'RFC 9293 §3.10.7.4 first'],
  ['FIN-WAIT-1', '. 1500:1500(0) ack 202', '', 'FIN-WAIT-2, una 202', '', 'RFC 9293 §3.10.7.4 first'],
  ['LAST-ACK', '. 1500:1500(0) ack 202', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, '. 1501:1501(0) ack 202', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, '. 900000:900000(0) ack 202', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, '. 400:400(0) ack 202', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, '. 500:500(0) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.8.4 keep-alive'],
  [SYNCHRONIZED, '. 500:500(0) ack 101; . 500:500(0) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.8.4 keep-alive'],
  // two ends that disagree must not answer each other for ever
  [SYNCHRONIZED, '. 1501:1501(0) ack 202; . 1501:1501(0) ack 202', '', '', 'tcp-out-of-window', 'RFC 5961 §7'],
  // without ACK
  [SYNCHRONIZED, '- 501:501(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, 'P 501:501(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '- 1500:1500(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '- 500:500(0)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, '- 1501:1501(0)', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  // with other bits
  [SYNCHRONIZED, 'P. 501:501(0) ack 101', '', '', '', 'RFC 9293 §3.9.1.2'],
  [SYNCHRONIZED, 'U. 501:501(0) ack 101 urg 5', '', '', '', 'RFC 9293 §3.10.7.4 sixth'],
  // the window it offers: taken from the newest only
  [UNACKED, '. 501:501(0) ack 101 win 2000', '', 'wnd 2000', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 501:501(0) ack 101 win 0', '', 'wnd 0', '', 'RFC 9293 §3.8.6'],
  [UNACKED, '. 501:501(0) ack 101 win 50', '', 'wnd 50', '', 'RFC 9293 §3.8.6 MUST-34'],
  [UNACKED, '. 501:501(0) ack 102 win 2000', '', 'una 102, wnd 2000', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 501:501(0) ack 100 win 2000', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  [UNACKED, '. 600:600(0) ack 101 win 2000; . 501:501(0) ack 101 win 10', '', '', '', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '. 501:501(0) ack 203 win 2000', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [SYNCHRONIZED, '. 500:500(0) ack 202 win 2000', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
];

runTable(rows);
