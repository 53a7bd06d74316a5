import { type Row, runTable } from '../../support/table.ts';

/** <SEQ=0>: ten beyond our ISN, which is 2^32 − 10. */
const NOUGHT = '10:10(0)';
const SYN = 'S 0:0(0) win 1500 <mss 1460,nop,wscale 0,nop,nop,sackOK>';
const SYN_ACK = 'S. 0:0(0) ack 1 win 1500 <mss 1460>';
const ACK = '. 1:1(0) ack 1 win 1500';

// biome-ignore format: a row a line
const closed: Row[] = [
  ['CLOSED', 'R 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'R. 0:0(0) ack 77', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'SR 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'R 0:100(100)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'S 0:0(0)', `R. ${NOUGHT} ack 1 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'S 0:100(100)', `R. ${NOUGHT} ack 101 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'FS 0:0(0)', `R. ${NOUGHT} ack 2 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'F 0:0(0)', `R. ${NOUGHT} ack 1 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', '- 0:0(0)', `R. ${NOUGHT} ack 0 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', '- 0:100(100)', `R. ${NOUGHT} ack 100 win 0`, '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', '. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'S. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'F. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', 'P. 0:100(100) ack 77', 'R 77:77(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  ['CLOSED', '. 5:5(0) ack -3', 'R -3:-3(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
];

// biome-ignore format: a row a line
const listen: Row[] = [
  ['LISTEN', 'R 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.2 first'],
  ['LISTEN', 'R. 0:0(0) ack 77', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.2 first'],
  ['LISTEN', 'SR 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.2 first'],
  ['LISTEN', '. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN', 'S. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN', 'F. 0:0(0) ack 77', 'R 77:77(0) win 0', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN', 'P. 0:100(100) ack 77', 'R 77:77(0) win 0', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 second'],
  ['LISTEN', '- 0:0(0)', '', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN', 'F 0:0(0)', '', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN', '- 0:100(100)', '', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN', 'FPU 0:0(0) urg 1', '', '', 'tcp-listen-no-syn', 'RFC 9293 §3.10.7.2 fourth'],
  ['LISTEN', 'S 0:0(0)', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.2 third'],
  ['LISTEN', 'S 0:0(0) <mss 1460>', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.2 third'],
  ['LISTEN', 'S 0:0(0) <mss 1460,sackOK>', 'S. 0:0(0) ack 1 win 1500 <mss 1460,nop,nop,sackOK>', 'SYN-RECEIVED, rcv 1', '', 'RFC 2018 §2'],
  ['LISTEN', 'S 0:0(0) <mss 1460,TS val 1 ecr 0>', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 7323 §3.2'],
  ['LISTEN', 'S 0:0(0) <raw fe 04 01 02>', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.1 MUST-6'],
  ['LISTEN', 'S 0:0(0) <raw fe 00 01 02>', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.1 MUST-7'],
  ['LISTEN', 'PSU 0:0(0) urg 1', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.2 third'],
  ['LISTEN', 'FS 0:0(0)', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.2 third'],
  ['LISTEN', 'S 0:100(100)', 'S. 0:0(0) ack 101 win 1400 <mss 1460>', 'SYN-RECEIVED, rcv 101, text 100', '', 'RFC 9293 §3.10.7.2 third'],
];

// biome-ignore format: a row a line
const synSent: Row[] = [
  // first, the acknowledgment: of our SYN and nothing else
  ['SYN-SENT', '. 0:0(0) ack 0', 'R 0:0(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', '. 0:0(0) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', '. 0:0(0) ack -900000', 'R -900000:-900000(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'S. 0:0(0) ack 0', 'R 0:0(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'S. 0:0(0) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'F. 0:0(0) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'P. 0:100(100) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'R. 0:0(0) ack 0', '', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  ['SYN-SENT', 'R. 0:0(0) ack 2', '', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.3 first'],
  // second, a reset: only with that acknowledgment
  ['SYN-SENT', 'R. 0:0(0) ack 1', '', 'CLOSED ECONNREFUSED', '', 'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'R. 900000:900000(0) ack 1', '', 'CLOSED ECONNREFUSED', '', 'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'R. 0:10(10) ack 1', '', 'CLOSED ECONNREFUSED', '', 'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'SR. 0:0(0) ack 1', '', 'CLOSED ECONNREFUSED', '', 'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'R 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.3 second'],
  ['SYN-SENT', 'SR 0:0(0)', '', '', 'tcp-reset-unexpected', 'RFC 9293 §3.10.7.3 second'],
  // fourth, a SYN, with and without acknowledgment, text and FIN
  ['SYN-SENT', 'S. 0:0(0) ack 1', ACK, 'ESTABLISHED, una 1, rcv 1, wnd 1000', '', 'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'S. 0:0(0) ack 1 win 0', ACK, 'ESTABLISHED, una 1, rcv 1', '', 'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'S. 0:100(100) ack 1', '. 1:1(0) ack 101 win 1400', 'ESTABLISHED, una 1, rcv 101, wnd 1000, text 100', '', 'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'FS. 0:0(0) ack 1', '. 1:1(0) ack 2 win 1499', 'CLOSE-WAIT, una 1, rcv 2, wnd 1000', '', 'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'FS. 0:100(100) ack 1', '. 1:1(0) ack 102 win 1399', 'CLOSE-WAIT, una 1, rcv 102, wnd 1000, text 100', '', 'RFC 9293 §3.10.7.3 fourth'],
  ['SYN-SENT', 'S 0:0(0)', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.3 fourth, MUST-10'],
  ['SYN-SENT', 'S 0:100(100)', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.3 fourth, MUST-10'],
  ['SYN-SENT', 'FS 0:0(0)', SYN_ACK, 'SYN-RECEIVED, rcv 1', '', 'RFC 9293 §3.10.7.3 fourth, MUST-10'],
  // fifth, neither
  ['SYN-SENT', '. 0:0(0) ack 1', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  ['SYN-SENT', 'P. 1:101(100) ack 1', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  ['SYN-SENT', 'F. 0:0(0) ack 1', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  ['SYN-SENT', 'F 0:0(0)', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  ['SYN-SENT', '- 0:0(0)', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  ['SYN-SENT', '- 1:101(100)', '', '', 'tcp-syn-sent-unexpected', 'RFC 9293 §3.10.7.3 fifth'],
  // calls
  ['SYN-SENT', 'send 100', '', 'took 100', '', 'RFC 9293 §3.10.2'],
  ['SYN-SENT', 'send 100; S. 0:0(0) ack 1', 'P. 1:101(100) ack 1 win 1500', 'ESTABLISHED, una 1, rcv 1, wnd 1000', '', 'RFC 9293 §3.10.2'],
  ['SYN-SENT', 'receive', '', 'read 0', '', 'RFC 9293 §3.10.3'],
  ['SYN-SENT', 'close', '', 'CLOSED', '', 'RFC 9293 §3.10.4'],
  ['SYN-SENT', 'release', '', 'CLOSED', '', 'RFC 9293 §3.10.4'],
  ['SYN-SENT', 'abort', '', 'CLOSED', '', 'RFC 9293 §3.10.5'],
  ['SYN-SENT', 'close; S. 0:0(0) ack 1', 'R 1:1(0) win 0', '', 'tcp-port-closed', 'RFC 9293 §3.10.7.1'],
  // silence
  ['SYN-SENT', 'wait 999', '', '', '', 'RFC 6298 §2.1'],
  ['SYN-SENT', 'wait 1000', `+1000 ${SYN}`, '', '', 'RFC 6298 §2.1'],
  ['SYN-SENT', 'wait 3000', `+1000 ${SYN} | +3000 ${SYN}`, '', '', 'RFC 6298 §5.5'],
  ['SYN-SENT', 'wait 179999; wait 1', '', 'CLOSED ETIMEDOUT', '', 'RFC 9293 §3.8.3 MUST-23'],
];

/** From LISTEN; where the user has a say, from SYN-SENT by a simultaneous open. */
// biome-ignore format: a row a line
const synReceived: Row[] = [
  // first, the sequence number
  ['SYN-RECEIVED', '. 0:0(0) ack 1', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  ['SYN-RECEIVED', '. -99:1(100) ack 1', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  ['SYN-RECEIVED', '. 1501:1501(0) ack 1', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  ['SYN-RECEIVED', '. 1501:1601(100) ack 1', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  ['SYN-RECEIVED', 'F. 1501:1501(0) ack 1', ACK, '', 'tcp-out-of-window', 'RFC 9293 §3.10.7.4 first'],
  // second, a reset
  ['SYN-RECEIVED', 'R 1:1(0)', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 second'],
  ['SYN-RECEIVED', 'R. 1:1(0) ack 1', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 second'],
  ['SYN-RECEIVED', 'R. 1:1(0) ack 77', '', 'CLOSED', '', 'RFC 9293 §3.10.7.4 second'],
  ['SYN-RECEIVED', 'R 2:2(0)', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  ['SYN-RECEIVED', 'R 1500:1500(0)', ACK, '', 'tcp-reset-challenged', 'RFC 5961 §3.2'],
  ['SYN-RECEIVED', 'R 0:0(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  ['SYN-RECEIVED', 'R 1501:1501(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  ['SYN-SENT', 'S 0:0(0); R 1:1(0)', '', 'CLOSED ECONNREFUSED', '', 'RFC 9293 §3.10.7.4 second, MUST-11'],
  // fourth, a SYN: the same again, or another
  ['SYN-RECEIVED', 'S 0:0(0)', SYN_ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.8.1: our SYN-ACK was lost'],
  ['SYN-RECEIVED', 'S 1:1(0)', '', 'CLOSED', 'tcp-syn-challenged', 'RFC 9293 §3.10.7.4 fourth'],
  ['SYN-RECEIVED', 'S 1500:1500(0)', '', 'CLOSED', 'tcp-syn-challenged', 'RFC 9293 §3.10.7.4 fourth'],
  ['SYN-RECEIVED', 'S. 2:2(0) ack 1', '', 'CLOSED', 'tcp-syn-challenged', 'RFC 9293 §3.10.7.4 fourth'],
  ['SYN-RECEIVED', 'SR 0:0(0)', '', '', 'tcp-out-of-window', 'RFC 5961 §3.2'],
  ['SYN-SENT', 'S 0:0(0); S 1:1(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  ['SYN-RECEIVED', 'S 1501:1501(0)', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
  ['SYN-SENT', 'S 0:0(0); S. 0:0(0) ack 1', '', 'ESTABLISHED, una 1, wnd 1000', '', 'RFC 9293 §3.5 figure 8'],
  ['SYN-SENT', 'S 0:0(0); S. 0:0(0) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  // fifth, the acknowledgment: of our SYN and nothing else
  ['SYN-RECEIVED', '- 1:1(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', '- 1:101(100)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', 'F 1:1(0)', '', '', 'tcp-no-ack', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', '. 1:1(0) ack 0', 'R 0:0(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', '. 1:1(0) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', 'P. 1:101(100) ack 2', 'R 2:2(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', 'F. 1:1(0) ack 0', 'R 0:0(0) win 0', '', 'tcp-ack-unacceptable', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', '. 1:1(0) ack 1', '', 'ESTABLISHED, una 1, wnd 1000', '', 'RFC 9293 §3.10.7.4 fifth'],
  ['SYN-RECEIVED', '. 700:700(0) ack 1', '', 'ESTABLISHED, una 1, wnd 1000', '', 'RFC 9293 §3.10.7.4 fifth'],
  // with text and FIN behind it
  ['SYN-RECEIVED', 'P. 1:101(100) ack 1', '+100 . 1:1(0) ack 101 win 1400', 'ESTABLISHED, una 1, rcv 101, wnd 1000, text 100', '', 'RFC 9293 §3.10.7.4 seventh'],
  ['SYN-RECEIVED', '. 2:102(100) ack 1', ACK, 'ESTABLISHED, una 1, wnd 1000', '', 'RFC 9293 §3.10.7.4 seventh'],
  ['SYN-RECEIVED', 'F. 1:1(0) ack 1', '. 1:1(0) ack 2 win 1499', 'CLOSE-WAIT, una 1, rcv 2, wnd 1000', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['SYN-RECEIVED', 'FP. 1:101(100) ack 1', '. 1:1(0) ack 102 win 1399', 'CLOSE-WAIT, una 1, rcv 102, wnd 1000, text 100', '', 'RFC 9293 §3.10.7.4 eighth'],
  ['LISTEN', 'S 0:100(100); . 101:101(0) ack 1', '', 'ESTABLISHED, una 1, wnd 1000', '', 'RFC 9293 §3.10.7.2 third'],
  // calls
  ['SYN-SENT', 'S 0:0(0); send 100', '', 'took 100', '', 'RFC 9293 §3.10.2'],
  ['SYN-SENT', 'S 0:0(0); receive', '', 'read 0', '', 'RFC 9293 §3.10.3'],
  ['SYN-SENT', 'S 0:0(0); close', '', '', '', 'RFC 9293 §3.10.4'],
  ['SYN-SENT', 'S 0:0(0); close; . 1:1(0) ack 1', 'F. 1:1(0) ack 1 win 1500', 'FIN-WAIT-1, una 1, wnd 1000', '', 'RFC 9293 §3.10.4'],
  ['SYN-SENT', 'S 0:0(0); send 100; close; . 1:1(0) ack 1', 'FP. 1:101(100) ack 1 win 1500', 'FIN-WAIT-1, una 1, wnd 1000', '', 'RFC 9293 §3.10.4'],
  ['SYN-SENT', 'S 0:0(0); abort', 'R. 1:1(0) ack 1 win 0', 'CLOSED', '', 'RFC 9293 §3.10.5'],
  // silence
  ['SYN-RECEIVED', 'wait 999', '', '', '', 'RFC 6298 §2.1'],
  ['SYN-RECEIVED', 'wait 179999; wait 1', '', 'CLOSED', '', 'RFC 9293 §3.8.3 MUST-23: nobody to tell'],
  ['SYN-RECEIVED', 'wait 3000', `+1000 ${SYN_ACK}`, '', '', 'RFC 6298 §5.5'],
];

runTable([...closed, ...listen, ...synSent, ...synReceived]);
