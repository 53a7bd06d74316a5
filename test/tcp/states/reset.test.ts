import { ACK, OPEN, type Row, runTable } from '../../support/table.ts';

/** Where a reset is news to the application. */
const LIVE = [...OPEN, 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK'] as const;
const CLOSED = 'CLOSED ECONNRESET';

// biome-ignore format: a row a line
const rows: Row[] = [
  // at RCV.NXT: obeyed; what is acknowledged does not matter
  [LIVE, 'R 501:501(0)', '', CLOSED, '', 'RFC 5961 §3.2'],
  [LIVE, 'R. 501:501(0) ack 202', '', CLOSED, '', 'RFC 5961 §3.2'],
  [LIVE, 'R. 501:501(0) ack 101', '', CLOSED, '', 'RFC 5961 §3.2'],
  [LIVE, 'R. 501:501(0) ack 203', '', CLOSED, '', 'RFC 9293 §3.10.7.4 second'],
  [LIVE, 'R 501:511(10)', '', CLOSED, '', 'RFC 9293 §3.5.3 SHLD-2'],
  [LIVE, 'FR. 501:501(0) ack 202', '', CLOSED, '', 'RFC 9293 §3.10.7.4 second'],
  [LIVE, 'SR 501:501(0)', '', CLOSED, '', 'RFC 9293 §3.10.7.4 second'],
  // elsewhere in the window: challenged
  [LIVE, 'R 502:502(0)', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  [LIVE, 'R. 502:502(0) ack 202', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  [LIVE, 'R 1500:1500(0)', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  [LIVE, 'R. 1500:1500(0) ack 202', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  // outside it: dropped in silence (hazard 32)
  [LIVE, 'R 500:500(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  [LIVE, 'R. 500:500(0) ack 202', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  [LIVE, 'R 0:0(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  [LIVE, 'R 1501:1501(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  [LIVE, 'R. 1501:1501(0) ack 202', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  [LIVE, 'R 900000:900000(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  // challenges are few, and do not keep the right reset out
  [LIVE, 'R 502:502(0); wait 499; R 503:503(0)', '', '', 'tcp-reset-challenged', 'RFC 5961 §7'],
  [LIVE, 'R 502:502(0); wait 500; R 503:503(0)', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §7'],
  [LIVE, 'R 502:502(0); R 501:501(0)', '', CLOSED, '', 'RFC 5961 §3.2'],
  // both sides have closed and no text is lost: nothing to tell
  ['CLOSING', '. 501:501(0) ack 201; R 501:501(0)', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 second'],
  ['LAST-ACK', '. 501:501(0) ack 201; R 501:501(0)', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 second'],
  // TIME-WAIT is not assassinated
  ['TIME-WAIT', 'R 501:501(0)', '', '', 'tcp-reset-unexpected', 'RFC 1337 §3'],
  ['TIME-WAIT', 'R. 501:501(0) ack 202', '', '', 'tcp-reset-unexpected', 'RFC 1337 §3'],
  ['TIME-WAIT', 'R 502:502(0)', '', '', 'tcp-reset-unexpected', 'RFC 1337 §3'],
  ['TIME-WAIT', 'R 1500:1500(0)', '', '', 'tcp-reset-unexpected', 'RFC 1337 §3'],
  ['TIME-WAIT', 'R 500:500(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  ['TIME-WAIT', 'R 1501:1501(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  ['TIME-WAIT', 'SR 501:501(0)', '', '', 'tcp-reset-unexpected', 'RFC 1337 §3'],
];

runTable(rows);
