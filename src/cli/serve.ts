import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { startDaemon } from '../daemon.ts';
import { type CaptureLine, captureLine } from '../line/capture.ts';
import type { PortLine } from '../line/line.ts';
import {
  addLineOptions,
  addLogOption,
  CLIENT,
  type LineOptions,
  lineMtu,
  openLine,
  reportPort,
  requiredPort,
  SERVER,
} from './line-options.ts';
import { createLog } from './log.ts';
import { integer, option } from './options.ts';
import { stopOnSignals } from './signals.ts';

interface ServeOptions extends LineOptions {
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
  addLineOptions(command, { address: SERVER, peer: CLIENT });
  command
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
    .addOption(option('--capture <file>', 'write every datagram to this file, a pcapng for Wireshark'))
    .addOption(
      option('--capture-size <bytes>', 'size at which the capture becomes FILE.1, and FILE begins anew')
        .argParser(integer(10_000, 1e12))
        .default(100_000_000),
    )
    .addHelpText('after', '\nExample:\n  phpstack-ts --port /dev/ttyUSB0 --baud 115200 --site ./pages');
  return addLogOption(command);
}

/** Serves until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions, command: Command): Promise<void> {
  const path = requiredPort(options, command);
  const log = await createLog(options.logLevel);
  const mtu = lineMtu(options);
  const port = await openLine(path, options);
  const capture = options.capture === undefined ? undefined : captureTo(options.capture, port, options, log);
  const line = capture ?? port;
  reportPort(line, path, log);
  const daemon = await startDaemon(line, { ...options, mtu }, log);
  if (capture) daemon.stack.onDrop = (reason) => capture.remark(reason);
  const { address, peer, baud, httpPort } = options;
  log.info(
    { port: path, baud, address, peer, mtu, httpPort },
    `serving http://${address}${httpPort === 80 ? '' : `:${httpPort}`}/ on ${path} at ${baud} bps`,
  );
  if (process.stdout.isTTY) process.stdout.write(peerCommands({ ...options, mtu }));
  stopOnSignals(log, () => daemon.stop());
}

/** `line`, written down. @throws {CaptureError} when the file cannot be written */
function captureTo(file: string, line: PortLine, { captureSize }: ServeOptions, log: Logger): CaptureLine {
  try {
    const capture = captureLine(line, file, { maxBytes: captureSize });
    capture.onCaptureError = ({ message }) => log.warn({ capture: file, reason: message }, 'capture ended');
    return capture;
  } catch (error) {
    throw new CaptureError(`the capture cannot be written: ${(error as Error).message}`);
  }
}

/** What to type at a Linux box on the other end. */
function peerCommands({ baud, address, peer, mtu }: LineOptions): string {
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
