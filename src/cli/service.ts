import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { PACKAGE } from '../package.ts';
import { installSteps, type Settings, serviceFiles, uninstallSteps } from '../service/install.ts';
import { instanceFor } from '../service/instance.ts';
import { deviceObstacle, pathObstacle, systemObstacle } from '../service/obstacles.ts';
import { ServiceError, type Step, System } from '../service/system.ts';
import { option } from './options.ts';
import { addServeSettings } from './serve.ts';

interface ServiceOptions {
  port: string;
  root: string;
  dryRun?: boolean;
  site?: string;
}

const EXAMPLE = '\nExample:\n  sudo phpstack-ts service';
/** What the unit fixes, and the files that can be written in the folder of its state alone. */
const CHOSEN = new Set(['state', 'admin', 'settings']);
const WRITTEN = new Set(['capture', 'accessLog']);

export function addServiceCommand(program: Command): void {
  const service = program.command('service').description('Runs phpstack-ts under systemd, with one device.');
  const install = service.command('install').description('Starts it with its device, now and from now on.');
  addServeSettings(addTargetOptions(install))
    .addHelpText('after', `${EXAMPLE} install --port /dev/ttyUSB0 --baud 9600`)
    .action(runInstall);
  const uninstall = service.command('uninstall').description('Undoes that; the visitor counter stays.');
  addTargetOptions(uninstall)
    .addHelpText('after', `${EXAMPLE} uninstall --port /dev/ttyUSB0`)
    .action(runUninstall);
  const print = service.command('print').description('Shows what install would write.');
  addServeSettings(addPortOption(print))
    .addHelpText('after', '\nExample:\n  phpstack-ts service print --port /dev/ttyUSB0')
    .action(runPrint);
}

function addPortOption(command: Command): Command {
  return command.addOption(option('-p, --port <path>', 'the serial device').makeOptionMandatory());
}

function addTargetOptions(command: Command): Command {
  return addPortOption(command)
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--root <dir>', 'the root folder of a system that is not running, such as an image', '/');
}

function runInstall(options: ServiceOptions, command: Command): void {
  const settings = settingsOf(command);
  refuse(deviceObstacle(options.port) ?? settingsObstacle(options, settings));
  const system = targetOf(options);
  const instance = instanceFor(options.port);
  take(installSteps(system, instance, settings), options);
  if (!system.has(options.port)) console.log(`it starts as soon as there is a ${options.port}`);
}

function runUninstall(options: ServiceOptions): void {
  const system = targetOf(options);
  const instance = instanceFor(options.port);
  take(uninstallSteps(system, instance), options);
  if (system.has(instance.state)) console.log(`the visitor counter stays in ${instance.state}`);
}

function runPrint({ port }: ServiceOptions, command: Command): void {
  refuse(deviceObstacle(port));
  for (const [path, text] of serviceFiles(new System('/'), instanceFor(port), settingsOf(command)))
    console.log(`# ${path}\n${text}`);
}

function targetOf({ root, dryRun }: ServiceOptions): System {
  if (root === '/' && !dryRun) refuse(systemObstacle());
  return new System(resolve(root));
}

function take(steps: Step[], { dryRun }: ServiceOptions): void {
  for (const step of steps) {
    console.log(dryRun ? `would ${step.text}` : step.text);
    if (!dryRun) step.take();
  }
}

/** Whatever was set, here or in the environment, is set for the service. */
function settingsOf(command: Command): Settings {
  const variables: Record<string, string> = {};
  for (const spec of command.options) {
    const name = spec.attributeName();
    const isSet = ['cli', 'env'].includes(command.getOptionValueSource(name) ?? '');
    if (isSet && spec.envVar && name !== 'port')
      variables[spec.envVar] = settingText(name, command.getOptionValue(name));
  }
  return { program: thisProgram(), variables };
}

function settingText(name: string, value: unknown): string {
  if (CHOSEN.has(name)) throw new ServiceError(`--${name} is the unit's to choose`);
  if (name === 'site') return resolve(String(value));
  if (WRITTEN.has(name) && String(value).includes('/'))
    throw new ServiceError(`the service writes in a folder of its own: ${value} must be a name without /`);
  return typeof value === 'boolean' ? '1' : String(value);
}

/** Without symbolic links, which an upgrade of Node.js may leave dangling. */
function thisProgram(): string[] {
  return [process.execPath, fileURLToPath(new URL('bin/phpstack-ts.js', PACKAGE))].map((path) =>
    realpathSync(path),
  );
}

function settingsObstacle({ site }: ServiceOptions, { program }: Settings): string | undefined {
  const paths = site === undefined ? program : [...program, resolve(site)];
  return paths.map(pathObstacle).find((obstacle) => obstacle !== undefined);
}

/** @throws {ServiceError} where there is an obstacle */
function refuse(obstacle: string | undefined): void {
  if (obstacle !== undefined) throw new ServiceError(obstacle);
}
