import type { StackOptions } from '../../src/ip/stack.ts';
import type { State } from '../../src/tcp/state.ts';
import { Host } from './host.ts';

/**
 * A host with one connection in each state. From ESTABLISHED on the numbers are the same in all:
 *
 *     SND.UNA  101 (202 in FIN-WAIT-2 and TIME-WAIT)    RCV.NXT       501
 *     SND.NXT  202                                      right edge   1501
 *     SND.WND 1000                                      RCV.WND      1000
 *
 * Where our FIN was sent it stands at 201, and where the peer's was received at 500. All text received was
 * read. There is no SACK and no other option. LISTEN and CLOSED have no connection.
 */
export function hostIn(state: State, options: Partial<StackOptions> = {}): Host {
  const host = new Host(options);
  WAYS[state](host);
  host.pulled();
  host.told.length = 0;
  return host;
}

const WAYS: Record<State, (host: Host) => void> = {
  CLOSED() {},
  LISTEN(host) {
    host.listen();
  },
  'SYN-SENT'(host) {
    host.connect();
  },
  'SYN-RECEIVED'(host) {
    host.listen();
    host.arrives('S 0:0(0) <mss 1460>');
  },
  ESTABLISHED(host) {
    open(host);
    takeText(host, 500);
    host.send(101);
  },
  'FIN-WAIT-1'(host) {
    open(host);
    takeText(host, 500);
    sendLast(host);
  },
  'FIN-WAIT-2'(host) {
    WAYS['FIN-WAIT-1'](host);
    host.pulled();
    host.arrives('. 501:501(0) ack 202');
  },
  'CLOSE-WAIT'(host) {
    open(host);
    takeText(host, 499);
    takeFin(host, 101);
    host.send(101);
  },
  CLOSING(host) {
    open(host);
    takeText(host, 499);
    sendLast(host);
    host.pulled();
    takeFin(host, 101);
  },
  'LAST-ACK'(host) {
    open(host);
    takeText(host, 499);
    takeFin(host, 101);
    sendLast(host);
  },
  'TIME-WAIT'(host) {
    open(host);
    takeText(host, 499);
    sendLast(host);
    host.pulled();
    takeFin(host, 202);
  },
};

/** To ESTABLISHED, with 100 octets sent and acknowledged. */
function open(host: Host): void {
  host.listen();
  host.arrives('S 0:0(0) <mss 1460>');
  host.pulled();
  host.arrives('. 1:1(0) ack 1');
  host.send(100);
  host.pulled();
  host.arrives('. 1:1(0) ack 101');
}

function takeText(host: Host, length: number): void {
  host.arrives(`. 1:${1 + length}(${length}) ack 101`);
  host.read();
  host.pulled();
}

function takeFin(host: Host, ack: number): void {
  host.arrives(`F. 500:500(0) ack ${ack}`);
  host.read();
}

function sendLast(host: Host): void {
  host.send(100);
  host.call((c) => c.close());
}
