import type { LineStatus, Status } from '../admin/status.ts';
import { sum } from '../admin/view.ts';
import { duration } from '../web/values.ts';
import { useOf } from './bars.ts';

/** Columns of what stands before the values. */
const LABEL = 15;

/** Draws the page. @returns its lines, none wider than `width` columns */
export function drawStatus(status: Status, width: number): string[] {
  const { version, pid, uptime, visitors, memory, capture, lines } = status;
  return [
    `phpstack-ts ${version}, up ${duration(uptime)}, ${count(visitors)} ${visitors === 1 ? 'visitor' : 'visitors'}`,
    `process ${pid}, heap ${megabytes(memory.heapUsed)}, memory ${megabytes(memory.rss)}, capture ${capture ?? 'off'}`,
    ...lines.flatMap((line) => ['', ...drawLine(line, width)]),
  ].map((line) => line.slice(0, width));
}

function drawLine(line: LineStatus, width: number): string[] {
  const { port, address, peer, baud, mtu, isOpen, received, sent, capacity, history } = line;
  const speed = baud === 0 ? 'unpaced' : `${baud} bps`;
  const shares = (direction: 'received' | 'sent') =>
    history.map((sample) => (capacity === 0 ? 0 : Math.min(1, sample[direction] / capacity)));
  return [
    `${port}, ${isOpen ? 'open' : 'away'}: ${address} to ${peer}, ${speed}, MTU ${mtu}`,
    labelled('in', useOf(shares('received'), width - LABEL)),
    labelled('out', useOf(shares('sent'), width - LABEL)),
    labelled('bytes', `${count(received.bytes)} in, ${count(sent.bytes)} out`),
    labelled('datagrams', `${count(received.datagrams)} in, ${count(sent.datagrams)} out`),
    labelled('connections', tally(line.connections.byState)),
    labelled('round trip', line.roundTrip === null ? 'not measured yet' : `${Math.round(line.roundTrip)} ms`),
    labelled('sent again', `${count(line.retransmissions)} of ${count(sent.segments)} segments`),
    labelled('refused', tally(line.drops)),
  ];
}

function labelled(label: string, text: string): string {
  return `  ${label.padEnd(LABEL - 2)}${text}`;
}

/** The total, and its parts, the largest first. */
function tally(parts: Record<string, number>): string {
  const total = sum(Object.values(parts));
  if (total === 0) return '0';
  const named = Object.entries(parts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, part]) => `${name} ${count(part)}`);
  return `${count(total)}: ${named.join(', ')}`;
}

const count = (number: number) => number.toLocaleString('en');

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
