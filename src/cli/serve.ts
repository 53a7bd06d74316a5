import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { systemClock } from '../clock.ts';
import { startDaemon } from '../daemon.ts';
import { type CaptureLine, tapLines } from '../line/capture.ts';
import { Recorder } from '../line/recorder.ts';
import type { LineEnds } from '../served-line.ts';
import { supervise } from '../service/supervision.ts';
import { reportCrashes } from './crash.ts';
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
import { integer, option, seconds } from './options.ts';
import { daemonOptions, openAccessLog, Running } from './running.ts';
import type { ServedPort } from './served-ports.ts';
import { loadSettings } from './settings.ts';
import { runOnSignals } from './signals.ts';
import { adminSocket } from './status.ts';

export interface ServeOptions extends LineSettings {
  port: ServedPort[];
  httpPort: number;
  site?: string;
  state: string;
  maxConnections: number;
  capture?: string;
  captureSize: number;
  admin?: string;
  accessLog?: string;
  anonymize: boolean;
  /** In seconds. */
  grace: number;
  settings?: string;
  logLevel: string;
}

/** The file of a capture cannot be written; `message` is for people. */
export class CaptureError extends Error {
  override name = 'CaptureError';
}

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
    )
    .addOption(
      option(
        '--admin <path>',
        'Unix socket answering GET /metrics (Prometheus) and GET /status (JSON)' +
          ' (default: $RUNTIME_DIRECTORY/admin.sock where set, else off)',
      ).default(adminSocket()),
    )
    .addOption(
      option(
        '--access-log <file>',
        'write a line for each request, in combined format; reopened at SIGHUP (default: off)',
      ),
    )
    .addOption(option('--anonymize', 'log the networks of visitors, not their addresses').default(false))
    .addOption(
      option('--grace <s>', 'how long answers may take that are under way at SIGTERM')
        .argParser(seconds)
        .default(5),
    )
    .addOption(
      option(
        '--settings <file>',
        'lines of PHPSTACK_…=VALUE that go before the environment; read again at SIGHUP (default: none)',
      ),
    );
  return addLogOption(command);
}

/** Serves until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions, command: Command): Promise<void> {
  if (options.port.length === 0) withoutPort(command);
  const log = await createLog(options.logLevel);
  const opened = await openLines(options);
  const recorder = recorderFor(opened, options, log);
  const lines = tapped(opened, recorder);
  for (const { line, port } of lines) reportPort(line, port, log);
  const accessLog = await openAccessLog(options.accessLog, log);
  const daemon = await startDaemon(lines, daemonOptions(options), log);
  daemon.lines.forEach(({ stack }, i) => {
    stack.onDrop = (reason) => lines[i]!.line.remark(reason);
  });
  const running = new Running({ daemon, recorder, accessLog, log, options, readOptions });
  if (options.admin !== undefined) await running.openAdmin(options.admin);
  reportCrashes(log, recorder, options.state);
  runOnSignals(log, running);
  for (const ends of lines) announce(ends, options.httpPort, log);
  const warn = (reason: string) => log.warn({ reason }, 'the service manager cannot be told');
  running.supervision = supervise(lines, warn, systemClock);
}

/** The options from the command line, and from the settings and the environment as they are now. @throws where they are wrong */
function readOptions(): ServeOptions {
  loadSettings();
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  return addServeOptions(command).parse(process.argv.slice(2), { from: 'user' }).opts();
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

/** @throws {CaptureError} when there is a file to be written, and it cannot be */
function recorderFor(lines: LineEnds[], { capture, captureSize }: ServeOptions, log: Logger): Recorder {
  const recorder = new Recorder(
    lines.map(({ port }) => port),
    { maxBytes: captureSize, onError: ({ message: reason }) => log.warn({ reason }, 'capture ended') },
  );
  try {
    if (capture !== undefined) recorder.start(capture);
    return recorder;
  } catch (error) {
    throw new CaptureError(`the capture cannot be written: ${(error as Error).message}`);
  }
}

/** The lines, each telling `recorder` what crosses it. */
function tapped(ends: LineEnds[], recorder: Recorder): (LineEnds & { line: CaptureLine })[] {
  const lines = tapLines(
    ends.map(({ line }) => line),
    recorder,
  );
  return ends.map((end, i) => ({ ...end, line: lines[i]! }));
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
