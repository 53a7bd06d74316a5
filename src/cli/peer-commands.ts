import { DEFAULT_BAUD } from '../line/pacer.ts';
import type { LineEnds } from '../served-line.ts';
import type { LineSettings } from './line-options.ts';

/** A line that was opened, and how. */
export type OpenedLine = LineEnds & Pick<LineSettings, 'framing' | 'flowControl'>;

/** What to type at a Linux box on the other end: slattach(8) of net-tools, and ip(8). */
export function peerCommands(ends: Omit<OpenedLine, 'line'>): string {
  const { port, baud, address, peer, mtu, framing, flowControl } = ends;
  const protocol = framing === 'cslip' ? 'cslip' : 'slip';
  // -L turns off RTS/CTS, which slattach uses otherwise, together with all else that three wires do not have.
  const wiring = flowControl === 'rtscts' ? '' : '-L ';
  return [
    '',
    `At a Linux box on the other end of ${port}, as root (its port may have another name):`,
    `  slattach ${wiring}-p ${protocol} -s ${baud || DEFAULT_BAUD} /dev/ttyUSB0 &`,
    `  ip addr add ${peer} peer ${address} dev sl0`,
    `  ip link set sl0 mtu ${mtu} up`,
    '',
    '',
  ].join('\n');
}
