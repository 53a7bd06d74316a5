import { type Row, runTable, SYNCHRONIZED, UNACKED } from '../../support/table.ts';

/** Where SEND is refused: "connection closing". */
const CLOSED_BY_US = ['FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSING', 'LAST-ACK', 'TIME-WAIT'] as const;
const SENDING = ['ESTABLISHED', 'CLOSE-WAIT'] as const;
const RESET = 'R. 202:202(0) ack 501 win 0';
const FIN = 'F. 202:202(0) ack 501 win 1000';

// biome-ignore format: a row a line
const send: Row[] = [
  [SENDING, 'send 100', '', 'took 100', '', 'RFC 9293 §3.7.4 Nagle'],
  [SENDING, 'noDelay; send 100', 'P. 202:302(100) ack 501 win 1000', 'took 100', '', 'RFC 9293 §3.7.4 MUST-17'],
  [SENDING, 'send 100; noDelay', 'P. 202:302(100) ack 501 win 1000', '', '', 'RFC 9293 §3.7.4 MUST-17'],
  [SENDING, 'send 100; . 501:501(0) ack 202', 'P. 202:302(100) ack 501 win 1000', 'una 202', '', 'RFC 9293 §3.7.4 Nagle'],
  [SENDING, 'send 100; . 501:501(0) ack 201', '', 'una 201', '', 'RFC 9293 §3.7.4 Nagle'],
  [SENDING, 'send 2000', '. 202:702(500) ack 501 win 1000', 'took 2000', '', 'RFC 9293 §3.8.6.2.1'],
  [SENDING, 'send 70000', '. 202:702(500) ack 501 win 1000', 'took 65434', '', 'RFC 9293 §3.9.1.2'],
  [SENDING, 'send 2000; send 10', '', 'took 10', '', 'RFC 9293 §3.8.6'],
  [SENDING, '. 501:501(0) ack 202 win 0; send 10', '', 'took 10', '', 'RFC 9293 §3.8.6.1'],
  [CLOSED_BY_US, 'send 1', '', 'took 0', '', 'RFC 9293 §3.10.2'],
  [SYNCHRONIZED, 'abort; send 1', '', 'took 0', '', 'RFC 9293 §3.10.2'],
];

// biome-ignore format: a row a line
const receive: Row[] = [
  [SYNCHRONIZED, 'receive', '', 'read 0', '', 'RFC 9293 §3.10.3'],
  [SYNCHRONIZED, 'abort; receive', '', 'read 0', '', 'RFC 9293 §3.10.3'],
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'], '. 501:601(100) ack 101; receive', '+100 . 202:202(0) ack 601 win 900', 'text 0, read 100', '', 'RFC 9293 §3.8.6.2.2'],
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'], '. 501:1301(800) ack 101; receive', '. 202:202(0) ack 1301 win 1500', 'text 0, read 800', '', 'RFC 9293 §3.8.6.2.2'],
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'], '. 501:1501(1000) ack 101; receive', '. 202:202(0) ack 1501 win 1500', 'text 0, read 1000', '', 'RFC 9293 §3.8.6.2.2'],
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'], '. 601:701(100) ack 101; receive', '', 'read 0', '', 'RFC 9293 §3.10.3'],
  ['ESTABLISHED', 'FP. 501:601(100) ack 101; receive', '', 'text 0, read 100', '', 'RFC 9293 §3.10.3 CLOSE-WAIT'],
  ['ESTABLISHED', 'FP. 501:1500(999) ack 101; receive', '', 'text 0, read 999', '', 'RFC 9293 §3.10.3 CLOSE-WAIT'],
  ['FIN-WAIT-1', 'FP. 501:601(100) ack 101; receive', '', 'text 0, read 100', '', 'RFC 9293 §3.10.3 CLOSING'],
  ['FIN-WAIT-2', 'FP. 501:601(100) ack 202; receive', '', 'text 0, read 100', '', 'RFC 9293 §3.10.3 TIME-WAIT'],
];

// biome-ignore format: a row a line
const close: Row[] = [
  ['ESTABLISHED', 'close', FIN, 'FIN-WAIT-1', '', 'RFC 9293 §3.10.4'],
  ['CLOSE-WAIT', 'close', FIN, 'LAST-ACK', '', 'RFC 9293 §3.10.4'],
  ['ESTABLISHED', 'send 100; close', 'FP. 202:302(100) ack 501 win 1000', 'FIN-WAIT-1', '', 'RFC 9293 §3.10.4'],
  ['CLOSE-WAIT', 'send 100; close', 'FP. 202:302(100) ack 501 win 1000', 'LAST-ACK', '', 'RFC 9293 §3.10.4'],
  ['ESTABLISHED', 'send 2000; close', '', 'FIN-WAIT-1', '', 'RFC 9293 §3.10.4'],
  ['CLOSE-WAIT', 'send 2000; close', '', '', '', 'RFC 9293 §3.10.4'],
  ['CLOSE-WAIT', 'send 2000; close; . 501:501(0) ack 702 win 2000', '. 702:1702(1000) ack 501 win 1000 | FP. 1702:2202(500) ack 501 win 1000', 'LAST-ACK, una 702, wnd 2000', '', 'RFC 9293 §3.10.4'],
  ['ESTABLISHED', '. 501:501(0) ack 202 win 0; close', '', 'FIN-WAIT-1', '', 'RFC 9293 §3.8.6'],
  ['ESTABLISHED', 'close; close', '', '', '', 'RFC 9293 §3.10.4'],
  ['ESTABLISHED', 'close; send 1', '', 'took 0', '', 'RFC 9293 §3.10.2'],
  ['CLOSE-WAIT', 'close; send 1', '', 'took 0', '', 'RFC 9293 §3.10.2'],
  [CLOSED_BY_US, 'close', '', '', '', 'RFC 9293 §3.10.4'],
  [SYNCHRONIZED, 'abort; close', '', '', '', 'RFC 9293 §3.10.4'],
];

/** close(2): CLOSE, and nobody reads any more. */
// biome-ignore format: a row a line
const release: Row[] = [
  ['ESTABLISHED', 'release', FIN, 'FIN-WAIT-1', '', 'RFC 1122 §4.2.2.13'],
  ['CLOSE-WAIT', 'release', FIN, 'LAST-ACK', '', 'RFC 1122 §4.2.2.13'],
  [CLOSED_BY_US, 'release', '', '', '', 'RFC 1122 §4.2.2.13'],
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2'], '. 501:601(100) ack 101; release', 'R. 202:202(0) ack 601 win 0', 'CLOSED', '', 'RFC 9293 §3.6.1 SHLD-3'],
  ['ESTABLISHED', 'FP. 501:601(100) ack 101; release', 'R. 202:202(0) ack 602 win 0', 'CLOSED', '', 'RFC 9293 §3.6.1 SHLD-3'],
  ['FIN-WAIT-1', 'FP. 501:601(100) ack 101; release', '', 'text 0', '', 'RFC 9293 §3.6.1'],
  ['FIN-WAIT-2', 'FP. 501:601(100) ack 202; release', '', 'text 0', '', 'RFC 9293 §3.6.1'],
  ['ESTABLISHED', 'release; . 501:601(100) ack 101', 'R. 203:203(0) ack 501 win 0', 'CLOSED', 'tcp-text-after-close', 'RFC 9293 §3.6.1 SHLD-3'],
  [['FIN-WAIT-1', 'FIN-WAIT-2'], 'release; . 501:601(100) ack 101', RESET, 'CLOSED', 'tcp-text-after-close', 'RFC 9293 §3.6.1 SHLD-3'],
  [['FIN-WAIT-1', 'FIN-WAIT-2'], 'release; . 601:701(100) ack 101', RESET, 'CLOSED', 'tcp-text-after-close', 'RFC 9293 §3.6.1 SHLD-3'],
  [['FIN-WAIT-1', 'FIN-WAIT-2'], 'release; . 401:501(100) ack 101', '. 202:202(0) ack 501 win 1000', '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  ['FIN-WAIT-2', 'release; F. 501:501(0) ack 202', '. 202:202(0) ack 502 win 999', 'TIME-WAIT, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['FIN-WAIT-1', 'release; F. 501:501(0) ack 101', '. 202:202(0) ack 502 win 999', 'CLOSING, rcv 502', '', 'RFC 9293 §3.10.7.4 eighth'],
  [SYNCHRONIZED, 'release; release', '', '', '', 'RFC 9293 §3.10.4'],
];

// biome-ignore format: a row a line
const abort: Row[] = [
  [['ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'CLOSE-WAIT'], 'abort', RESET, 'CLOSED', '', 'RFC 9293 §3.10.5'],
  [['CLOSING', 'LAST-ACK', 'TIME-WAIT'], 'abort', '', 'CLOSED', '', 'RFC 9293 §3.10.5'],
  ['ESTABLISHED', 'send 2000; abort', 'R. 702:702(0) ack 501 win 0', 'CLOSED', '', 'RFC 9293 §3.10.5'],
  ['ESTABLISHED', '. 501:601(100) ack 101; abort', 'R. 202:202(0) ack 601 win 0', 'CLOSED', '', 'RFC 9293 §3.10.5'],
  [SYNCHRONIZED, 'abort; abort', '', '', '', 'RFC 9293 §3.10.5'],
  [SYNCHRONIZED, 'abort; . 501:501(0) ack 202', 'R 202:202(0) win 0', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2'],
];

/** What time does where the peer is silent. */
// biome-ignore format: a row a line
const silence: Row[] = [
  [UNACKED, 'wait 179999; wait 1', '', 'CLOSED ETIMEDOUT', '', 'RFC 9293 §3.8.3 R2'],
  ['TIME-WAIT', 'wait 59999', '', '', '', 'RFC 9293 §3.6 MUST-13'],
  ['TIME-WAIT', 'wait 60000', '', 'CLOSED', '', 'RFC 9293 §3.6 MUST-13'],
  ['TIME-WAIT', 'wait 59999; F. 500:500(0) ack 202; wait 59999', '', '', '', 'RFC 9293 §3.10.7.4 first'],
  ['TIME-WAIT', 'wait 59999; F. 500:500(0) ack 202; wait 60000', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 first'],
  ['TIME-WAIT', 'wait 59999; . 501:501(0) ack 202; wait 1', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['TIME-WAIT', 'wait 59999; R 501:501(0); wait 1', '', 'CLOSED', '', 'RFC 1337 §3'],
  ['FIN-WAIT-2', 'wait 179999', '', '', '', 'no RFC: somebody reads, and the peer may be backing off'],
  ['FIN-WAIT-2', 'wait 180000', '+180000 . 201:201(0) ack 501 win 1000', '', '', 'RFC 9293 §3.8.4 nothing else would show that the peer has gone'],
  ['FIN-WAIT-2', 'release; wait 59999', '', '', '', 'no RFC: nobody reads'],
  ['FIN-WAIT-2', 'release; wait 60000', '', 'CLOSED', '', 'no RFC: a silent peer holds nothing for ever'],
  ['FIN-WAIT-2', 'wait 179999; . 501:501(0) ack 202; wait 179999', '', '', '', 'no RFC: a peer that speaks is not silent'],
  ['ESTABLISHED', '. 501:501(0) ack 202; wait 86400000', '', '', '', 'RFC 9293 §3.8.4 MUST-25'],
  ['CLOSE-WAIT', '. 501:501(0) ack 202; wait 86400000', '', '', '', 'RFC 9293 §3.8.4 MUST-25'],
];

runTable([...send, ...receive, ...close, ...release, ...abort, ...silence]);
