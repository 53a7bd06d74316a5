import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { startDaemon } from '../daemon.ts';
import { DEFAULT_BAUD } from '../line/pacer.ts';
import { VirtualLine } from '../line/virtual-line.ts';
import { drive } from '../node/drive.ts';
import { forward } from '../node/forward.ts';
import { drained } from '../timing.ts';
import { DemoView } from './demo-view.ts';
import { CLIENT, SERVER, stackFor } from './line-options.ts';
import { createLog } from './log.ts';
import { integer, mtuFor, option } from './options.ts';
import { stateFolder } from './serve.ts';
import { stopOnSignals } from './signals.ts';
import { hasTerminal } from './terminal.ts';

interface DemoOptions {
  listen: number;
  baud: number;
  errorRate: number;
  site?: string;
}

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('Serves a browser on this machine through a virtual serial line: no hardware, no root.')
    .addOption(option('--listen <port>', 'TCP port on 127.0.0.1').argParser(integer(0, 65_535)).default(8080))
    .addOption(
      option('--baud <rate>', 'speed of the virtual line')
        .argParser(integer(300, 4_000_000))
        .default(DEFAULT_BAUD),
    )
    .addOption(
      option('--error-rate <rate>', 'share of bits that flip on the line').argParser(share).default(0),
    )
    .addOption(option('--site <dir>', 'folder of pages (default: the built-in site)'))
    .addHelpText('after', '\nExample:\n  phpstack-ts demo --baud 9600 --error-rate 1e-5')
    .action(demo);
}

/** The daemon at one end of a virtual line, a second stack at the other that carries the browser's connections. */
async function demo(options: DemoOptions): Promise<void> {
  const { baud, errorRate, listen, site } = options;
  const view = hasTerminal() ? new DemoView() : undefined;
  const log = view?.log ?? (await createLog('info'));
  const mtu = mtuFor(baud);
  const line = new VirtualLine({ baud, aToB: { errorRate }, bToA: { errorRate } });
  const ends = { port: 'demo', address: SERVER, peer: CLIENT, mtu, baud };
  const pages = { httpPort: 80, maxConnections: 65_536, state: join(stateFolder(), 'demo') };
  const daemon = await startDaemon([{ line: line.b, ...ends }], { ...pages, site }, log);
  const farEnd = stackFor({ address: CLIENT, baud, mtu });
  const driver = drive(farEnd, line.a);
  // A word at the start: the daemon takes a line that stays silent for one whose cable is loose.
  farEnd.ping(SERVER, 0, 0, new Uint8Array(0));
  const server = forward(farEnd, { host: '127.0.0.1', port: listen, to: { address: SERVER, port: 80 } });
  server.on('listening', () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    log.info({ baud, errorRate, mtu }, `open ${url} : each byte crosses a virtual line of ${baud} bps`);
    view?.start(url, line, daemon.lines[0]!.stack, farEnd);
  });
  server.on('error', (error: NodeJS.ErrnoException) => fail(error, listen));
  stopOnSignals(log, async () => {
    server.close();
    farEnd.close();
    await drained(farEnd, line.a);
    driver.stop();
    await daemon.stop();
  });
}

function fail(error: NodeJS.ErrnoException, port: number): void {
  const reason =
    error.code === 'EADDRINUSE' ? `port ${port} on 127.0.0.1 is in use; try --listen 0` : error.message;
  process.stderr.write(`phpstack-ts: ${reason}\n`);
  process.exit(1);
}

/** @returns a number from 0 to 1 */
function share(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('It must be a number from 0 to 1, like 1e-5.');
  return value;
}
