import { ACK, FIN_RECEIVED, OPEN, type Row, runTable } from '../../support/table.ts';

const ack = (rcvNxt: number) => `. 202:202(0) ack ${rcvNxt} win ${1501 - rcvNxt}`;
const late = (rcvNxt: number) => `+100 ${ack(rcvNxt)}`;

/** Text where it is taken. RCV.NXT is 501 and the window ends before 1501; what is acknowledged here was acknowledged before. */
// biome-ignore format: a row a line
const taken: Row[] = [
  // before the window: acknowledged again
  [OPEN, '. 401:501(100) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 500:501(1) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 1:501(500) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. -900000:-899900(100) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  // across its left edge: the new part is taken, the old part acknowledged at once
  [OPEN, '. 500:502(2) ack 101', ack(502), 'rcv 502, text 1', '', 'RFC 9293 §3.10.7.4 seventh'],
  [OPEN, '. 451:551(100) ack 101', ack(551), 'rcv 551, text 50', '', 'RFC 9293 §3.10.7.4 seventh'],
  // in order: acknowledged late, or with the second full-sized segment
  [OPEN, '. 501:502(1) ack 101', late(502), 'rcv 502, text 1', '', 'RFC 9293 §3.8.6.3'],
  [OPEN, '. 501:601(100) ack 101', late(601), 'rcv 601, text 100', '', 'RFC 9293 §3.8.6.3'],
  [OPEN, 'P. 501:601(100) ack 101', late(601), 'rcv 601, text 100', '', 'RFC 9293 §3.9.1.2'],
  [OPEN, '. 501:1501(1000) ack 101', late(1501), 'rcv 1501, text 1000', '', 'RFC 9293 §3.8.6.3'],
  [OPEN, '. 501:1001(500) ack 101; . 1001:1501(500) ack 101', ack(1501), 'rcv 1501, text 1000', '', 'RFC 9293 §3.8.6.3 SHLD-19'],
  // ahead of a gap: kept, and said at once
  [OPEN, '. 502:602(100) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, '. 1401:1501(100) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, '. 1500:1501(1) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, '. 502:602(100) ack 101; . 502:602(100) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, '. 502:602(100) ack 101; . 501:502(1) ack 101', ack(602), 'rcv 602, text 101', '', 'RFC 5681 §4.2'],
  [OPEN, '. 601:701(100) ack 101; . 501:651(150) ack 101', ack(701), 'rcv 701, text 200', '', 'RFC 5681 §4.2'],
  [OPEN, '. 601:701(100) ack 101; . 501:551(50) ack 101', ack(551), 'rcv 551, text 50', '', 'RFC 5681 §4.2'],
  // across its right edge: the part inside
  [OPEN, '. 1451:1551(100) ack 101', ACK, '', '', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 1451:1551(100) ack 101; . 501:1451(950) ack 101', ack(1501), 'rcv 1501, text 1000', '', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 501:1601(1100) ack 101', late(1501), 'rcv 1501, text 1000', '', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 401:1601(1200) ack 101', ack(1501), 'rcv 1501, text 1000', '', 'RFC 9293 §3.10.7.4 first'],
  // beyond it
  [OPEN, '. 1501:1502(1) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 1501:1601(100) ack 202', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 900000:900100(100) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '. 1501:1601(100) ack 101; . 1501:1601(100) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  // a closed window
  [OPEN, '. 501:1501(1000) ack 101; . 1501:1502(1) ack 101', ack(1501), '', 'tcp-out-of-window', 'RFC 9293 §3.8.6.1'],
  ['ESTABLISHED', '. 501:1501(1000) ack 101; . 1501:1502(1) ack 202', ack(1501), 'una 202', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 MUST-66'],
  ['FIN-WAIT-1', '. 501:1501(1000) ack 101; . 1501:1502(1) ack 202', ack(1501), 'FIN-WAIT-2, una 202', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 MUST-66'],
  ['ESTABLISHED', '. 501:1501(1000) ack 101; . 1501:1501(0) ack 202', late(1501), 'una 202', '', 'RFC 9293 §3.10.7.4 MUST-66'],
  [OPEN, '. 501:1501(1000) ack 101; R 1501:1501(0)', '', 'CLOSED ECONNRESET', '', 'RFC 9293 §3.10.7.4 MUST-66'],
  // without ACK: nothing of it counts
  [OPEN, '- 401:501(100)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, '- 451:551(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '- 501:601(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '- 502:602(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '- 1451:1551(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '- 1501:1601(100)', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  // with an acknowledgment that is new
  ['ESTABLISHED', '. 501:601(100) ack 202', late(601), 'una 202, rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['ESTABLISHED', '. 601:701(100) ack 202', ACK, 'una 202', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['ESTABLISHED', '. 451:551(100) ack 151', ack(551), 'una 151, rcv 551, text 50', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['FIN-WAIT-1', '. 501:601(100) ack 201', late(601), 'una 201, rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['FIN-WAIT-1', '. 501:601(100) ack 202', late(601), 'FIN-WAIT-2, una 202, rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['FIN-WAIT-2', '. 501:601(100) ack 202', late(601), 'rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 seventh'],
  // with one of the unsent, or too old: the text does not count either
  [OPEN, '. 501:601(100) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '. 601:701(100) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, '. 501:601(100) ack -900', ACK, '', 'tcp-ack-unacceptable', 'RFC 5961 §5.2'],
  [OPEN, '. 501:601(100) ack 1', late(601), 'rcv 601, text 100', '', 'RFC 5961 §5.2'],
  // urgent, wherever the pointer points
  [OPEN, 'U. 501:601(100) ack 101 urg 50', late(601), 'rcv 601, text 100', '', 'RFC 6093 §3.2'],
  [OPEN, 'U. 501:601(100) ack 101 urg 0', late(601), 'rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 sixth'],
  [OPEN, 'U. 501:601(100) ack 101 urg 65535', late(601), 'rcv 601, text 100', '', 'RFC 9293 §3.10.7.4 sixth'],
];

/** Text behind the peer's FIN: it should not be, and is ignored; what it acknowledges counts. */
// biome-ignore format: a row a line
const afterFin: Row[] = [
  [FIN_RECEIVED, '. 401:500(99) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [FIN_RECEIVED, '. 451:551(100) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 seventh'],
  [FIN_RECEIVED, '. 501:601(100) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 seventh'],
  [FIN_RECEIVED, '. 601:701(100) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 seventh'],
  [FIN_RECEIVED, '. 1451:1551(100) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 seventh'],
  [FIN_RECEIVED, '. 1501:1601(100) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [FIN_RECEIVED, '- 501:601(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [FIN_RECEIVED, '- 401:500(99)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [FIN_RECEIVED, '. 501:601(100) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  ['CLOSE-WAIT', '. 501:601(100) ack 202', '', 'una 202', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 fifth'],
  ['CLOSING', '. 501:601(100) ack 202', '', 'TIME-WAIT, una 202', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 fifth'],
  ['LAST-ACK', '. 501:601(100) ack 202', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 fifth'],
];

runTable([...taken, ...afterFin]);
