import type { Command } from 'commander';
import { PortError } from '../line/port-error.ts';
import { drive } from '../node/drive.ts';
import { ping } from '../node/ping.ts';
import {
  addLineOptions,
  CLIENT,
  type LineOptions,
  openLine,
  requiredPort,
  SERVER,
  stackFor,
  watchPort,
} from './line-options.ts';
import { hostAddress, integer, option, seconds } from './options.ts';
import { announcement, replyLine, summary } from './ping-report.ts';

interface PingCommandOptions extends LineOptions {
  count?: number;
  size: number;
  interval: number;
  timeout?: number;
}

/** As ping(8) has it: some replies, none, and another error. */
const Status = { SOME: 0, NONE: 1, ERROR: 2 } as const;

export function addPingCommand(program: Command): void {
  const command = program
    .command('ping')
    .description('Pings a host at the other end of the line, as ping(8) does.')
    .argument('<address>', 'IPv4 address', hostAddress);
  addLineOptions(command, { address: CLIENT, peer: SERVER })
    .addOption(option('-c, --count <n>', 'stop after so many requests').argParser(integer(1, 1e9)))
    .addOption(option('-s, --size <bytes>', 'data in each').argParser(integer(0, 65_507)).default(56))
    .addOption(
      option('-i, --interval <s>', 'from one to the next, or what one takes on the line if that is more')
        .argParser(seconds)
        .default(1),
    )
    .addOption(
      option(
        '-W, --timeout <s>',
        'how long to wait for the last (default: 10, and what it takes on the line)',
      ).argParser(seconds),
    )
    .addHelpText('after', '\nExample:\n  phpstack-ts ping 192.168.7.2 --port /dev/ttyUSB0 -c 3')
    .action(runPing);
}

async function runPing(address: string, options: PingCommandOptions, command: Command): Promise<void> {
  const line = await openLine(requiredPort(options, command), options).catch(endForPort);
  watchPort(line, (text, reason) => tell(reason === undefined ? text : `${text}: ${reason}`));
  const stack = stackFor(options);
  const driver = drive(stack, line);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const { count, size, timeout } = options;
  console.log(announcement(address, size));
  const result = await ping(stack, line, {
    address,
    count,
    size,
    interval: options.interval * 1000,
    timeout: timeout === undefined ? undefined : timeout * 1000,
    signal: stopped.signal,
    onReply: (reply) => console.log(replyLine(address, reply)),
  });
  console.log(summary(address, result));
  driver.stop();
  await line.close();
  process.exit(result.received > 0 ? Status.SOME : Status.NONE);
}

function endForPort(error: unknown): never {
  if (!(error instanceof PortError)) throw error;
  tell(error.message);
  process.exit(Status.ERROR);
}

function tell(text: string): void {
  process.stderr.write(`phpstack-ts: ${text}\n`);
}
