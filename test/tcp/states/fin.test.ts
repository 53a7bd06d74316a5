import { ACK, FIN_RECEIVED, OPEN, type Row, runTable } from '../../support/table.ts';

const ack = (rcvNxt: number) => `. 202:202(0) ack ${rcvNxt} win ${1501 - rcvNxt}`;

// biome-ignore format: a row a line
const rows: Row[] = [
  // in order, alone: acknowledged at once
  ['ESTABLISHED', 'F. 501:501(0) ack 101', ack(502), 'CLOSE-WAIT, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['ESTABLISHED', 'F. 501:501(0) ack 202', ack(502), 'CLOSE-WAIT, una 202, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'F. 501:501(0) ack 101', ack(502), 'CLOSING, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'F. 501:501(0) ack 201', ack(502), 'CLOSING, una 201, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'F. 501:501(0) ack 202', ack(502), 'TIME-WAIT, una 202, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-2', 'F. 501:501(0) ack 202', ack(502), 'TIME-WAIT, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-2', 'F. 501:501(0) ack 101', ack(502), 'TIME-WAIT, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  // behind text
  ['ESTABLISHED', 'FP. 501:601(100) ack 101', ack(602), 'CLOSE-WAIT, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'FP. 501:601(100) ack 202', ack(602), 'TIME-WAIT, una 202, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-2', 'FP. 501:601(100) ack 202', ack(602), 'TIME-WAIT, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['ESTABLISHED', 'F. 451:551(100) ack 101', ack(552), 'CLOSE-WAIT, rcv 552, text 50', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'F. 451:501(50) ack 101', ack(502), 'CLOSING, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  // just behind the window: nothing is lost by taking it
  ['ESTABLISHED', 'F. 501:1501(1000) ack 101', '. 202:202(0) ack 1502 win 0', 'CLOSE-WAIT, rcv 1502, text 1000', '', 'RFC 9293 §3.10.7.4 eighth'],
  // ahead of a gap: kept, and told at once that something is missing
  [OPEN, 'F. 601:601(0) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, 'F. 601:701(100) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  [OPEN, 'F. 1500:1500(0) ack 101', ACK, '', '', 'RFC 5681 §4.2'],
  ['ESTABLISHED', 'F. 601:601(0) ack 101; . 501:601(100) ack 101', ack(602), 'CLOSE-WAIT, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 SHLD-31'],
  ['FIN-WAIT-1', 'F. 601:601(0) ack 101; . 501:601(100) ack 101', ack(602), 'CLOSING, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 SHLD-31'],
  ['FIN-WAIT-2', 'F. 601:601(0) ack 101; . 501:601(100) ack 101', ack(602), 'TIME-WAIT, rcv 602, text 100', '', 'RFC 9293 §3.10.7.4 SHLD-31'],
  ['ESTABLISHED', 'F. 601:701(100) ack 101; . 501:601(100) ack 202', ack(702), 'CLOSE-WAIT, una 202, rcv 702, text 200', '', 'RFC 9293 §3.10.7.4 SHLD-31'],
  // across the right edge, or beyond it: the FIN is cut off with what lies there
  [OPEN, 'F. 1451:1551(100) ack 101; . 501:1451(950) ack 101; receive; . 1501:1551(50) ack 101', '+100 . 202:202(0) ack 1551 win 1450', 'rcv 1551, text 50', '', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F. 1502:1502(0) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F. 1501:1501(0) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F. 1501:1601(100) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  // before it: text stood there
  [OPEN, 'F. 500:500(0) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F. 400:500(100) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  // without ACK, or with one that cannot be
  [OPEN, 'F 501:501(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, 'F 501:601(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, 'F 500:500(0)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F 1501:1501(0)', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  [OPEN, 'F. 501:501(0) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [OPEN, 'F. 501:501(0) ack -900', ACK, '', 'tcp-ack-unacceptable', 'RFC 5961 §5.2'],
  // once more: our acknowledgment was lost
  [FIN_RECEIVED, 'F. 500:500(0) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [FIN_RECEIVED, 'F. 400:500(100) ack 101', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [FIN_RECEIVED, 'F 500:500(0)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  ['TIME-WAIT', 'wait 59999; F. 500:500(0) ack 202', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  // a second one behind the first is none
  [FIN_RECEIVED, 'F. 501:501(0) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 eighth'],
  [FIN_RECEIVED, 'F. 501:601(100) ack 101', '', '', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 eighth'],
  [FIN_RECEIVED, 'F 501:501(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  [FIN_RECEIVED, 'F. 501:501(0) ack 203', ACK, '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  [FIN_RECEIVED, 'F. 1501:1501(0) ack 101', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  ['CLOSING', 'F. 501:501(0) ack 202', '', 'TIME-WAIT, una 202', 'tcp-text-after-fin', 'RFC 9293 §3.10.7.4 fifth'],
  ['LAST-ACK', 'F. 501:501(0) ack 202', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 fifth'],
];

runTable(rows);
