import { isRefusal } from '../web/values.ts';
import { capacityOf, countStates, type DaemonView, type LineView, sum, utilisationOf } from './view.ts';

/** Of what `/status` answers; it changes when a field goes or means something else. docs/status.schema.json describes it. */
const SCHEMA = 1;
/** Samples that are told, the latest: enough for a terminal's width. */
const MOST_SAMPLES = 60;

export type Status = ReturnType<typeof statusOf>;
export type LineStatus = Status['lines'][number];

/** What `/status` answers. */
export function statusOf({ version, lines, visitors, uptime, capture }: DaemonView) {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    schema: SCHEMA,
    version,
    pid: process.pid,
    time: new Date().toISOString(),
    uptime: round(uptime),
    visitors,
    capture: capture ?? null,
    memory: { rss, heapUsed },
    lines: lines.map(lineStatus),
  };
}

function lineStatus(line: LineView) {
  const { port, address, peer, mtu, baud, httpPort, isOpen, counters } = line;
  const count = (name: string) => counters[name] ?? 0;
  const utilisation = utilisationOf(line);
  const refused = Object.entries(counters).filter(([name, drops]) => isRefusal(name) && drops > 0);
  const byState = countStates(line.connections);
  const roundTrips = count('roundTrips');
  return {
    ...{ port, address, peer, mtu, baud, httpPort, isOpen },
    capacity: capacityOf(baud),
    received: {
      bytes: count('bytes-received'),
      frames: count('frames-received'),
      datagrams: count('datagramsIn'),
      segments: count('segmentsIn'),
      utilisation: utilisation?.received ?? null,
    },
    sent: {
      bytes: count('bytes-sent'),
      frames: count('frames-sent'),
      datagrams: count('datagramsOut'),
      segments: count('segmentsOut'),
      utilisation: utilisation?.sent ?? null,
    },
    connections: { total: sum(Object.values(byState)), byState },
    roundTrip: roundTrips === 0 ? null : round(count('roundTripTime') / roundTrips),
    retransmissions: count('retransmissions'),
    drops: Object.fromEntries(refused),
    counters: { ...counters },
    history: line.history.slice(-MOST_SAMPLES).map(({ received, sent, connections, rtt }) => ({
      ...{ received, sent, connections },
      roundTrip: rtt === undefined ? null : round(rtt),
    })),
  };
}

const round = (number: number) => Math.round(number * 1000) / 1000;

/** The most important of it, for one line of a log. */
export function summaryOf({ uptime, visitors, capture, memory, lines }: Status): object {
  return {
    uptime,
    visitors,
    capture,
    heapUsed: memory.heapUsed,
    lines: lines.map(({ port, isOpen, received, sent, connections, roundTrip, retransmissions, drops }) => ({
      port,
      isOpen,
      received: received.bytes,
      sent: sent.bytes,
      connections: connections.total,
      roundTrip,
      retransmissions,
      drops: sum(Object.values(drops)),
    })),
  };
}
