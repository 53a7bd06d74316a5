import { ACK, OPEN, type Row, runTable, SYNCHRONIZED } from '../../support/table.ts';

/** SYNs amidst a connection: whatever they say, the answer is an acknowledgment (RFC 5961 §4.2). */
const STEADY = [...OPEN, 'CLOSE-WAIT', 'CLOSING', 'LAST-ACK'] as const;
/** A new incarnation begins 65,536 beyond what the last one sent. */
const NEXT = 202 + 65_536;
const SYN_ACK = (ack: number) => `S. ${NEXT}:${NEXT}(0) ack ${ack} win 1500 <mss 1460>`;
const reborn = (rcvNxt: number) => `SYN-RECEIVED, una ${NEXT}, rcv ${rcvNxt}, wnd 0`;

// biome-ignore format: a row a line
const rows: Row[] = [
  // before the window: the handshake's own come again
  [SYNCHRONIZED, 'S 0:0(0)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, 'S. 0:0(0) ack 1', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, 'S 500:500(0)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, 'S. 500:500(0) ack 202', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  [SYNCHRONIZED, 'S 490:500(10)', ACK, '', 'tcp-old-duplicate', 'RFC 9293 §3.10.7.4 first'],
  // in the window
  [STEADY, 'S 501:501(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 501:501(0) ack 202', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 501:501(0) ack 203', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [STEADY, 'S 501:601(100)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 501:601(100) ack 202', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 450:550(100) ack 202', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [STEADY, 'FS 501:501(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'FS. 501:501(0) ack 202', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [STEADY, 'S 1500:1500(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 1500:1500(0) ack 202', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  // beyond it
  [STEADY, 'S 1501:1501(0)', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 1501:1501(0) ack 202', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
  [STEADY, 'S 900000:900000(0)', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
  [SYNCHRONIZED, 'S. 900000:900000(0) ack 202', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
  // a flood of them is answered at a bounded rate
  [STEADY, 'S 501:501(0); wait 499; S 501:501(0)', '', '', 'tcp-syn-challenged', 'RFC 5961 §7'],
  [STEADY, 'S 501:501(0); wait 500; S 501:501(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §7'],

  // TIME-WAIT gives way to a SYN that cannot be an old one
  ['TIME-WAIT', 'S 501:501(0)', SYN_ACK(502), reborn(502), '', 'RFC 9293 §3.6.1 MAY-2'],
  ['TIME-WAIT', 'S 1500:1500(0)', SYN_ACK(1501), reborn(1501), '', 'RFC 9293 §3.6.1 MAY-2'],
  ['TIME-WAIT', 'S 9000:9000(0)', SYN_ACK(9001), reborn(9001), '', 'RFC 9293 §3.6.1 MAY-2'],
  ['TIME-WAIT', 'S 500:500(0); S 501:501(0)', SYN_ACK(502), reborn(502), '', 'RFC 9293 §3.6.1 MAY-2'],
  ['TIME-WAIT', 'FS 501:501(0)', SYN_ACK(502), reborn(502), '', 'RFC 9293 §3.6.1 MAY-2'],
  // but not where nobody would answer
  ['TIME-WAIT', 'unlisten; S 501:501(0)', ACK, '', 'tcp-syn-challenged', 'RFC 5961 §4.2'],
  ['TIME-WAIT', 'unlisten; S 9000:9000(0)', ACK, '', 'tcp-out-of-window', 'RFC 5961 §4.2'],
];

runTable(rows);
