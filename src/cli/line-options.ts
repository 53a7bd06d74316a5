import type { Command } from 'commander';
import type { Logger } from 'pino';
import { Stack } from '../ip/stack.ts';
import type { FramingMode } from '../line/framing.ts';
import type { PortLine } from '../line/line.ts';
import { DEFAULT_BAUD } from '../line/pacer.ts';
import { type FlowControl, openSerialLine } from '../line/serial.ts';
import { isSocketPath, openSocketLine } from '../line/socket.ts';
import { timingFor } from '../timing.ts';
import { baudRate, flowControl, framing, hostAddress, integer, mtuFor, option } from './options.ts';
import { servedPorts } from './served-ports.ts';

/** How a line is opened, and who is at its ends. */
export interface LineSettings {
  baud: number;
  flowControl: FlowControl;
  hupcl: boolean;
  address: string;
  peer: string;
  mtu?: number;
  framing: FramingMode;
  wait: boolean;
}

/** Of a command with one line. */
export interface LineOptions extends LineSettings {
  port?: string;
}

/** The end that serves, and the end that visits it. */
export const SERVER = '192.168.7.2';
export const CLIENT = '192.168.7.1';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const PORT = 'serial device (/dev/ttyS0, a pty), tcp:HOST:PORT or unix:PATH';

/** Adds the options of the one line of a command. */
export function addLineOptions(command: Command, ends: { address: string; peer: string }): Command {
  return addLineSettings(command.addOption(option('-p, --port <path>', PORT)), ends);
}

/** Adds the option of a server's ports, each with settings of its own. */
export function addPortsOption(command: Command): Command {
  const description = `${PORT}; may be repeated: a line each, with ,address= ,peer= ,baud= ,mtu= ,framing= or ,flow-control= of its own`;
  const port = option('-p, --port <path[,setting=value...]>', description).argParser(servedPorts);
  return command.addOption(port.default([], 'none'));
}

/** Adds what is set of a line; `ends` are the default addresses of this end and of the other. */
export function addLineSettings(command: Command, ends: { address: string; peer: string }): Command {
  return command
    .addOption(
      option('-b, --baud <rate>', 'line speed, 8N1; 0: unpaced').argParser(baudRate).default(DEFAULT_BAUD),
    )
    .addOption(option('--flow-control <kind>', 'none or rtscts').argParser(flowControl).default('none'))
    .addOption(option('--no-hupcl', 'do not drop DTR at close, which resets some boards'))
    .addOption(
      option('-a, --address <ipv4>', "this end's address").argParser(hostAddress).default(ends.address),
    )
    .addOption(option('--peer <ipv4>', "the other end's address").argParser(hostAddress).default(ends.peer))
    .addOption(
      option(
        '--mtu <bytes>',
        'largest datagram sent, 68 to 1500 (default: 1500, 576 below 115200 bps, 296 below 38400)',
      ).argParser(integer(68, 1500)),
    )
    .addOption(
      option(
        '--framing <kind>',
        'auto: compress headers as soon as the peer does; slip: never; cslip: always',
      )
        .argParser(framing)
        .default('auto'),
    )
    .addOption(option('--wait', 'wait for a port that is not there yet').default(false));
}

export function addLogOption(command: Command): Command {
  return command.addOption(option('--log-level <level>', 'how much to log').choices(LEVELS).default('info'));
}

/** @returns the port's path; ends the program with status 2 where there is none */
export function requiredPort(options: LineOptions, command: Command): string {
  return options.port ?? withoutPort(command);
}

/** Ends the program with status 2. */
export function withoutPort(command: Command): never {
  command.error("error: required option '-p, --port <path>' not specified");
}

/** For people. */
export function speedOf(baud: number): string {
  return baud === 0 ? 'unpaced' : `at ${baud} bps`;
}

/** Opens the line. @throws {PortError} when it cannot be opened */
export function openLine(path: string, options: LineSettings): Promise<PortLine> {
  const { baud, flowControl, hupcl, framing, address, wait } = options;
  const common = { path, baud, framing, address, wait };
  return isSocketPath(path) ? openSocketLine(common) : openSerialLine({ ...common, flowControl, hupcl });
}

/** A stack at this end of the line, whose timers know the line's speed. */
export function stackFor(options: Pick<LineSettings, 'address' | 'baud' | 'mtu'>): Stack {
  const { address, baud } = options;
  const mtu = lineMtu(options);
  return new Stack({ address, mtu, ...timingFor({ baud, mtu }) });
}

/** The largest datagram sent, in bytes. */
export function lineMtu(options: Pick<LineSettings, 'baud' | 'mtu'>): number {
  return options.mtu ?? mtuFor(options.baud);
}

/** A port that vanishes, returns, or cannot be opened again, is told once each time. */
export function reportPort(line: PortLine, port: string, log: Logger): void {
  if (line.isOpen) log.info({ port }, OPENED);
  watchPort(line, (text, reason) => {
    if (reason === undefined) log.info({ port }, text);
    else log.warn({ port, reason }, text);
  });
}

const OPENED = 'port opened';

/** Tells in words what becomes of a port, with a reason where that is bad; nothing for as long as it is open. */
export function watchPort(line: PortLine, tell: (text: string, reason?: string) => void): void {
  if (!line.isOpen) tell('waiting for the port');
  line.onLost = (reason) => tell('port lost; reopening it as soon as it is back', reason);
  line.onRefused = (reason) => tell('port cannot be opened; trying again', reason);
  line.onRestored = () => tell(OPENED);
}
