import { PortError } from '../line/port-error.ts';
import { ServiceError } from '../service/system.ts';
import { SiteError } from '../web/site.ts';
import { StateError } from '../web/visitors.ts';
import { createProgram } from './program.ts';
import { CaptureError } from './serve.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  if (![CaptureError, PortError, ServiceError, SiteError, StateError].some((kind) => error instanceof kind))
    throw error;
  process.stderr.write(`phpstack-ts: ${(error as Error).message}\n`);
  process.exit(1);
}
