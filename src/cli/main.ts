import { Command } from 'commander';
import { version } from '../daemon.ts';
import { PortError } from '../line/port-error.ts';
import { ServiceError } from '../service/system.ts';
import { SiteError } from '../web/site.ts';
import { StateError } from '../web/visitors.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import { addGatewayCommand } from './gateway.ts';
import { addPingCommand } from './ping.ts';
import { addServeOptions, CaptureError, serve } from './serve.ts';
import { addServiceCommand } from './service.ts';

/** The exit status of wrong usage; commander's own is 1, which is a port's that cannot be opened here. */
const USAGE = 2;

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
addServiceCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (![CaptureError, PortError, ServiceError, SiteError, StateError].some((kind) => error instanceof kind))
    throw error;
  process.stderr.write(`phpstack-ts: ${(error as Error).message}\n`);
  process.exit(1);
}
