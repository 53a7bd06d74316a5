import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { systemClock } from '../clock.ts';
import { startDaemon } from '../daemon.ts';
import { CaptureLine, captureLines } from '../line/capture.ts';
import type { LineEnds } from '../served-line.ts';
import { supervise } from '../service/supervision.ts';
import {
  addLineSettings,
  addLogOption,
  addPortsOption,
  CLIENT,
  type LineSettings,
  lineMtu,
  openLine,
  reportPort,
  SERVER,
  speedOf,
  withoutPort,
} from './line-options.ts';
import { createLog } from './log.ts';
import { integer, option } from './options.ts';
import type { ServedPort } from './served-ports.ts';
import { stopOnSignals } from './signals.ts';

interface ServeOptions extends LineSettings {
  port: ServedPort[];
  httpPort: number;
  site?: string;
  state: string;
  maxConnections: number;
  capture?: string;
  captureSize: number;
  logLevel: string;
}

/** The file of a capture cannot be written; `message` is for people. */
export class CaptureError extends Error {}

export function addServeOptions(command: Command): Command {
  return addServeSettings(addPortsOption(command)).addHelpText(
    'after',
    '\nExamples:\n  phpstack-ts --port /dev/ttyUSB0 --baud 115200 --site ./pages' +
      '\n  phpstack-ts --port /dev/ttyS0 --port /dev/ttyS1,address=192.168.8.2,peer=192.168.8.1,baud=9600',
  );
}

/** Adds all but the ports. */
export function addServeSettings(command: Command): Command {
  addLineSettings(command, { address: SERVER, peer: CLIENT })
    .addOption(
      option('--http-port <port>', 'TCP port of the pages').argParser(integer(1, 65_535)).default(80),
    )
    .addOption(option('--site <dir>', 'folder of pages (default: the built-in site)'))
    .addOption(
      option('--state <dir>', 'folder where the visitor counter lives').default(
        stateFolder(),
        '$STATE_DIRECTORY, or else ~/.local/state/phpstack-ts',
      ),
    )
    .addOption(
      option('--max-connections <n>', 'connections with state')
        .argParser(integer(1, 10_000_000))
        .default(65_536),
    )
    .addOption(option('--capture <file>', 'write every datagram to this file, a pcapng for Wireshark'))
    .addOption(
      option('--capture-size <bytes>', 'size at which the capture becomes FILE.1, and FILE begins anew')
        .argParser(integer(10_000, 1e12))
        .default(100_000_000),
    );
  return addLogOption(command);
}

/** Serves until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions, command: Command): Promise<void> {
  if (options.port.length === 0) withoutPort(command);
  const log = await createLog(options.logLevel);
  const opened = await openLines(options);
  const lines = options.capture === undefined ? opened : captured(opened, options.capture, options, log);
  for (const { line, port } of lines) reportPort(line, port, log);
  const daemon = await startDaemon(lines, options, log);
  daemon.stacks.forEach((stack, i) => {
    const { line } = lines[i]!;
    if (line instanceof CaptureLine) stack.onDrop = (reason) => line.remark(reason);
  });
  for (const ends of lines) announce(ends, options.httpPort, log);
  const warn = (reason: string) => log.warn({ reason }, 'the service manager cannot be told');
  const supervision = supervise(lines, warn, systemClock);
  stopOnSignals(log, async () => {
    await Promise.all([supervision.stopping(), daemon.stop()]);
  });
}

/** Opens them in their order. @throws {PortError} when one of them cannot be opened */
async function openLines(options: ServeOptions): Promise<LineEnds[]> {
  const lines: LineEnds[] = [];
  for (const { path: port, ...own } of options.port) {
    const settings = { ...options, ...own };
    const { address, peer, baud } = settings;
    const line = await openLine(port, settings);
    lines.push({ line, port, address, peer, baud, mtu: lineMtu(settings) });
  }
  return lines;
}

/** The lines, written down. @throws {CaptureError} when the file cannot be written */
function captured(
  lines: LineEnds[],
  file: string,
  { captureSize: maxBytes }: ServeOptions,
  log: Logger,
): LineEnds[] {
  const onError = ({ message }: Error) => log.warn({ capture: file, reason: message }, 'capture ended');
  try {
    const named = lines.map(({ port: name, line }) => ({ name, line }));
    const captures = captureLines(named, file, { maxBytes, onError });
    return lines.map((ends, i) => ({ ...ends, line: captures[i]! }));
  } catch (error) {
    throw new CaptureError(`the capture cannot be written: ${(error as Error).message}`);
  }
}

/** Says what is served where, and to people what the other end needs. */
function announce(ends: LineEnds, httpPort: number, log: Logger): void {
  const { port, address, peer, baud, mtu } = ends;
  const url = `http://${address}${httpPort === 80 ? '' : `:${httpPort}`}/`;
  log.info({ port, baud, address, peer, mtu, httpPort }, `serving ${url} on ${port} ${speedOf(baud)}`);
  if (process.stdout.isTTY) process.stdout.write(peerCommands(ends));
}

/** What to type at a Linux box on the other end. */
function peerCommands({ port, baud, address, peer, mtu }: LineEnds): string {
  return [
    '',
    `At a Linux box on the other end of ${port}, as root (its port may have another name):`,
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
