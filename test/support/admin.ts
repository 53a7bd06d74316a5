import type { DaemonView, LineView } from '../../src/admin/view.ts';
import { newCounters } from '../../src/ip/counters.ts';
import { VirtualLine } from '../../src/line/virtual-line.ts';

/** A line at work; each counter has a value of its own. */
export function lineView(changes: Partial<LineView> = {}): LineView {
  const names = Object.keys({ ...new VirtualLine().a.counters, ...newCounters() });
  return {
    port: '/dev/ttyS0',
    address: '192.168.7.2',
    peer: '192.168.7.1',
    mtu: 1500,
    baud: 115_200,
    httpPort: 80,
    isOpen: true,
    counters: Object.fromEntries(names.map((name, i) => [name, 1000 + i])),
    connections: ['ESTABLISHED', 'ESTABLISHED', 'TIME-WAIT'].map((state, i) => connection(state, i)),
    history: [
      { received: 100, sent: 0, connections: 1, rtt: undefined },
      { received: 1152, sent: 11_520, connections: 3, rtt: 40.5 },
    ],
    onRoundTrip: () => {},
    ...changes,
  };
}

function connection(state: string, i: number) {
  const ends = { localPort: 80, remoteAddress: '192.168.7.1', remotePort: 50_000 + i };
  return { state: state as 'ESTABLISHED', ...ends, inFlight: 0, unsent: 0, unread: 0, rtt: undefined };
}

export function daemonView(...lines: LineView[]): DaemonView {
  return { version: '1.2.3', lines, visitors: 13_157, uptime: 3725, capture: undefined };
}
