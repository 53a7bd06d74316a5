import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { startDaemon } from '../daemon.ts';
import type { PortLine } from '../line/line.ts';
import { openSerialLine } from '../line/serial.ts';
import { isSocketPath, openSocketLine } from '../line/socket.ts';
import { createLog } from './log.ts';
import { flowControl, hostAddress, integer, mtuFor, option } from './options.ts';
import { stopOnSignals } from './signals.ts';

interface ServeOptions {
  port?: string;
  baud: number;
  flowControl: 'none' | 'rtscts';
  hupcl: boolean;
  address: string;
  peer: string;
  mtu?: number;
  framing: 'auto' | 'slip' | 'cslip';
  wait: boolean;
  httpPort: number;
  site?: string;
  state: string;
  maxConnections: number;
  logLevel: string;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

export function addServeOptions(command: Command): Command {
  return command
    .addOption(option('-p, --port <path>', 'serial device (/dev/ttyS0, a pty), tcp:HOST:PORT or unix:PATH'))
    .addOption(
      option('-b, --baud <rate>', 'line speed, 8N1; 0: unpaced')
        .argParser(integer(0, 4_000_000))
        .default(115_200),
    )
    .addOption(option('--flow-control <kind>', 'none or rtscts').argParser(flowControl).default('none'))
    .addOption(option('--no-hupcl', 'do not drop DTR at close, which resets some boards'))
    .addOption(
      option('-a, --address <ipv4>', "this end's address").argParser(hostAddress).default('192.168.7.2'),
    )
    .addOption(
      option('--peer <ipv4>', "the other end's address").argParser(hostAddress).default('192.168.7.1'),
    )
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
        .choices(['auto', 'slip', 'cslip'])
        .default('auto'),
    )
    .addOption(option('--wait', 'wait for a port that is not there yet').default(false))
    .addOption(
      option('--http-port <port>', 'TCP port of the pages').argParser(integer(1, 65_535)).default(80),
    )
    .addOption(option('--site <dir>', 'folder of pages (default: the built-in site)'))
    .addOption(option('--state <dir>', 'folder where the visitor counter lives').default(stateFolder()))
    .addOption(
      option('--max-connections <n>', 'connections with state')
        .argParser(integer(1, 10_000_000))
        .default(65_536),
    )
    .addOption(option('--log-level <level>', 'how much to log').choices(LEVELS).default('info'))
    .addHelpText('after', '\nExample:\n  phpstack-ts --port /dev/ttyUSB0 --baud 115200 --site ./pages');
}

/** Serves until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions, command: Command): Promise<void> {
  const path = options.port;
  if (path === undefined) command.error("error: required option '-p, --port <path>' not specified");
  const log = await createLog(options.logLevel);
  const mtu = options.mtu ?? mtuFor(options.baud);
  const line = await openLine(path, options);
  reportPort(line, path, log);
  const daemon = await startDaemon(line, { ...options, mtu }, log);
  const { address, peer, baud, httpPort } = options;
  log.info(
    { port: path, baud, address, peer, mtu, httpPort },
    `serving http://${address}${httpPort === 80 ? '' : `:${httpPort}`}/ on ${path} at ${baud} bps`,
  );
  if (process.stdout.isTTY) process.stdout.write(peerCommands({ ...options, mtu }));
  stopOnSignals(log, () => daemon.stop());
}

function openLine(path: string, options: ServeOptions): Promise<PortLine> {
  const { baud, flowControl, hupcl, framing, address, wait } = options;
  const common = { path, baud, framing, address, wait };
  return isSocketPath(path) ? openSocketLine(common) : openSerialLine({ ...common, flowControl, hupcl });
}

/** A port that vanishes, or returns, is told once each time. */
function reportPort(line: PortLine, port: string, log: Logger): void {
  log.info({ port }, line.isOpen ? 'port opened' : 'waiting for the port');
  line.onLost = (reason) => log.warn({ port, reason }, 'port lost; reopening it as soon as it is back');
  line.onRestored = () => log.info({ port }, 'port opened');
}

/** What to type at a Linux box on the other end. */
function peerCommands({ baud, address, peer, mtu }: ServeOptions): string {
  return [
    '',
    'At a Linux box on the other end, as root (its port may have another name):',
    `  slattach -L -p slip -s ${baud || 115_200} /dev/ttyUSB0 &`,
    `  ip addr add ${peer} peer ${address} dev sl0`,
    `  ip link set sl0 mtu ${mtu} up`,
    '',
    '',
  ].join('\n');
}

/** systemd's folder, else the user's (XDG base directories). */
export function stateFolder(): string {
  const { STATE_DIRECTORY, XDG_STATE_HOME } = process.env;
  return STATE_DIRECTORY ?? join(XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'phpstack-ts');
}
