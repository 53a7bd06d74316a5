import { Command } from 'commander';
import { version } from '../daemon.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import { addGatewayCommand } from './gateway.ts';
import { addPingCommand } from './ping.ts';
import { addServeOptions, serve } from './serve.ts';
import { addServiceCommand } from './service.ts';
import { loadSettings } from './settings.ts';
import { addStatusCommand } from './status.ts';

/** The exit status of wrong usage; commander's own is 1, which is a port's that cannot be opened here. */
const USAGE = 2;

/** Errors of which people are told in one line: each names its cause and, where there is one, the cure. */
const EXPECTED = new Set([
  'AccessLogError',
  'AdminError',
  'CaptureError',
  'PortError',
  'ServiceError',
  'SettingsError',
  'SiteError',
  'StateError',
  'StatusError',
]);

const program = new Command('phpstack-ts')
  .description('Serves web pages on a serial line, by a TCP/IP stack of its own.')
  .version(version)
  .enablePositionalOptions()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE))
  .showHelpAfterError('(phpstack-ts --help tells more)');

addServeOptions(program).action(serve);
addDemoCommand(program);
addGatewayCommand(program);
addPingCommand(program);
addDoctorCommand(program);
addStatusCommand(program);
addServiceCommand(program);

try {
  loadSettings();
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Error && EXPECTED.has(error.name))) throw error;
  process.stderr.write(`phpstack-ts: ${(error as Error).message}\n`);
  process.exit(1);
}
