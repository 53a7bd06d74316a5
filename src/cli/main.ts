import { dropIdleSwitches } from './options.ts';
import { createProgram } from './program.ts';
import { loadSettings } from './settings.ts';

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

const program = createProgram();

try {
  loadSettings();
  dropIdleSwitches(program);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof Error && EXPECTED.has(error.name))) throw error;
  process.stderr.write(`phpstack-ts: ${(error as Error).message}\n`);
  process.exit(1);
}
