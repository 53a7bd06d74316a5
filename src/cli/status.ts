import { readdirSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Status } from '../admin/status.ts';
import { option } from './options.ts';
import { drawStatus } from './status-screen.ts';
import { hasTerminal, takeTerminal } from './terminal.ts';

interface StatusOptions {
  admin?: string;
  json: boolean;
  watch: boolean;
}

/** There is no status to be shown; `message` is for people. */
export class StatusError extends Error {
  override name = 'StatusError';
}

const NAME = 'admin.sock';
/** Where systemd makes the folders of running services. */
const RUN = '/run';
/** From one look to the next, in ms. */
const INTERVAL = 1000;

/** Where a service's admin socket is; undefined where it has no folder of its own. */
export function adminSocket(): string | undefined {
  const { RUNTIME_DIRECTORY } = process.env;
  return RUNTIME_DIRECTORY && join(RUNTIME_DIRECTORY, NAME);
}

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description('Shows what a running server does.')
    .addOption(
      option('--admin <path>', "the server's --admin (default: that of the one service that runs)").default(
        adminSocket(),
      ),
    )
    .addOption(option('--json', 'all that is known, as JSON (docs/status.schema.json)').default(false))
    .addOption(option('--watch', 'draw it anew each second, until q is pressed').default(false))
    .addHelpText('after', '\nExample:\n  phpstack-ts status --admin /run/phpstack-ts/admin.sock --watch')
    .action(showStatus);
}

async function showStatus({ admin, json, watch }: StatusOptions): Promise<void> {
  const path = admin ?? findSocket();
  if (watch && hasTerminal()) return watchStatus(path);
  const answer = await ask(path);
  if (json) process.stdout.write(answer);
  else process.stdout.write(`${drawStatus(JSON.parse(answer), process.stdout.columns || 80).join('\n')}\n`);
}

/** Draws until it is told to stop; a server that is restarted is waited for. */
async function watchStatus(path: string): Promise<void> {
  let status: Status = JSON.parse(await ask(path));
  let trouble = '';
  const screen = takeTerminal((key) => {
    if (key === 'q' || key === '\x03') process.exit(0);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const draw = () => {
    const page = drawStatus(status, screen.columns).slice(0, screen.rows - 2);
    screen.draw([...page, '', `  q: quit  ${trouble}`.slice(0, screen.columns)]);
  };
  const look = async () => {
    try {
      status = JSON.parse(await ask(path));
      trouble = '';
    } catch (error) {
      trouble = (error as Error).message;
    }
    draw();
    setTimeout(look, INTERVAL);
  };
  await look();
}

/** What the server at `path` answers. @throws {StatusError} when there is none */
function ask(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error) => reject(new StatusError(`no server answers at ${path}: ${message}`));
    const request = get({ socketPath: path, path: '/status', timeout: 5000 }, (response: IncomingMessage) => {
      text(response).then(resolve, fail);
    });
    request.on('timeout', () => request.destroy(new Error('it says nothing for five seconds')));
    request.on('error', fail);
  });
}

/** The one socket among those of the services that run. @throws {StatusError} when there is none, or several */
function findSocket(): string {
  const folders = [RUN, join(RUN, 'phpstack-ts')].flatMap((folder) =>
    namesIn(folder).map((name) => join(folder, name)),
  );
  const sockets = folders
    .filter((folder) => folder.startsWith(join(RUN, 'phpstack-ts')))
    .map((folder) => join(folder, NAME))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isSocket());
  const [only, ...others] = sockets;
  if (only === undefined) throw new StatusError('no service of phpstack-ts runs; --admin names its socket');
  if (others.length > 0) throw new StatusError(`several run; --admin names one: ${sockets.join(', ')}`);
  return only;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
