import type { Server, Socket } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import type { Logger } from 'pino';
import type { Stack } from '../ip/stack.ts';
import { drive } from '../node/drive.ts';
import { forward } from '../node/forward.ts';
import type { TcpSocket } from '../node/socket.ts';
import { socks } from '../node/socks.ts';
import { drained } from '../timing.ts';
import {
  addLineOptions,
  addLogOption,
  CLIENT,
  type LineOptions,
  openLine,
  reportPort,
  requiredPort,
  SERVER,
  stackFor,
} from './line-options.ts';
import { createLog } from './log.ts';
import { hostAddress, integer, option } from './options.ts';
import { stopOnSignals } from './signals.ts';

interface Place {
  host: string;
  port: number;
}

interface Target {
  address: string;
  port: number;
}

interface GatewayOptions extends LineOptions {
  listen: (Place & { to?: Target })[];
  to?: Target;
  socks?: Place;
  logLevel: string;
}

export function addGatewayCommand(program: Command): void {
  const command = program
    .command('gateway')
    .description(
      'Carries TCP connections that this machine accepts over the line: the far end without root.',
    );
  addLineOptions(command, { address: CLIENT, peer: SERVER })
    .addOption(
      option(
        '-l, --listen <[host:]port[=ipv4:port]>',
        'where to accept, by default on 127.0.0.1; with =, where its connections go; may be repeated',
      )
        .argParser(listens)
        .default([], 'none'),
    )
    .addOption(
      option('--to <ipv4:port>', "where connections go (default: the peer's port 80)").argParser(target),
    )
    .addOption(option('--socks <[host:]port>', 'a SOCKS5 proxy for any port of the far end').argParser(place))
    .addHelpText(
      'after',
      '\nExamples:\n  phpstack-ts gateway --port /dev/ttyUSB0 --listen 8080' +
        '\n  phpstack-ts gateway --port /dev/ttyUSB0 --listen 8080 --listen 2222=192.168.7.2:22 --socks 1080',
    );
  addLogOption(command).action(gateway);
}

/** Carries connections until SIGTERM or SIGINT. */
async function gateway(options: GatewayOptions, command: Command): Promise<void> {
  const path = requiredPort(options, command);
  if (options.listen.length === 0 && !options.socks)
    command.error("error: required option '--listen' or '--socks' not specified");
  const log = await createLog(options.logLevel);
  const line = await openLine(path, options);
  reportPort(line, path, log);
  const stack = stackFor(options);
  const driver = drive(stack, line);
  const servers = serversFor(stack, options, log);
  stopOnSignals(log, async () => {
    for (const server of servers) server.close();
    stack.close();
    await drained(stack, line);
    driver.stop();
    await line.close();
  });
}

function serversFor(stack: Stack, options: GatewayOptions, log: Logger): Server[] {
  const onConnection = (client: Socket, far: TcpSocket) => logConnection(log, client, far);
  const servers = options.listen.map((listen) => {
    const to = listen.to ?? options.to ?? { address: options.peer, port: 80 };
    const server = forward(stack, { ...listen, to, onConnection });
    return announced(server, listen, `connections go to ${to.address}:${to.port}`, log);
  });
  if (!options.socks) return servers;
  return [
    ...servers,
    announced(socks(stack, { ...options.socks, onConnection }), options.socks, 'SOCKS5', log),
  ];
}

/** Says where a server accepts, or ends the program with one line and status 1. */
function announced(server: Server, { host, port }: Place, what: string, log: Logger): Server {
  server.on('listening', () => {
    const address = server.address() as { port: number };
    log.info({ host, port: address.port }, `listening on ${host}:${address.port}: ${what}`);
  });
  server.on('error', (error) => {
    process.stderr.write(`phpstack-ts: ${host}:${port}: ${reason(error)}\n`);
    process.exit(1);
  });
  return server;
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'the port is in use';
  if (error.code === 'EACCES') return 'this user may not listen there';
  return error.message;
}

/** One line for each connection, when it has ended. */
function logConnection(log: Logger, client: Socket, far: TcpSocket): void {
  const { remoteAddress: from, remotePort } = client;
  const to = `${far.remoteAddress}:${far.remotePort}`;
  const startedAt = performance.now();
  let error: string | undefined;
  far.on('error', ({ code }: NodeJS.ErrnoException) => (error = code));
  far.on('close', () => {
    const { bytesWritten: sent, bytesRead: received } = far;
    const ms = Math.round(performance.now() - startedAt);
    log.info({ from: `${from}:${remotePort}`, to, sent, received, ms, error }, error ? 'failed' : 'closed');
  });
}

/** Repeated on the command line, or with commas in the environment. */
function listens(text: string, others: GatewayOptions['listen']): GatewayOptions['listen'] {
  return [...others, ...text.split(',').map(listenPlace)];
}

function listenPlace(text: string): Place & { to?: Target } {
  const [where, to, ...rest] = text.split('=');
  if (rest.length > 0) throw new InvalidArgumentError('It must be [HOST:]PORT or [HOST:]PORT=IPV4:PORT.');
  return to === undefined ? place(where!) : { ...place(where!), to: target(to) };
}

function place(text: string): Place {
  const [, ipv6, host, port] = /^(?:(?:\[(.+)\]|([^:]+)):)?([^:]*)$/.exec(text) ?? [];
  if (port === undefined) throw new InvalidArgumentError('It must be [HOST:]PORT, like 8080 or [::1]:8080.');
  return { host: ipv6 ?? host ?? '127.0.0.1', port: integer(0, 65_535)(port) };
}

function target(text: string): Target {
  const [, address, port] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  if (port === undefined) throw new InvalidArgumentError('It must be IPV4:PORT, like 192.168.7.2:80.');
  return { address: hostAddress(address!), port: integer(1, 65_535)(port) };
}
