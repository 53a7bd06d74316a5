import { settingsText, unitText } from './files.ts';
import { type Instance, TEMPLATE } from './instance.ts';
import { ServiceError, type Step, type System } from './system.ts';

/** Where a distribution's package has the template, and where the administrator's is. */
const PACKAGED = `/usr/lib/systemd/system/${TEMPLATE}`;
const UNITS = '/etc/systemd/system';
const INSTALLED = `${UNITS}/${TEMPLATE}`;

export interface Settings {
  /** What starts phpstack-ts: paths, without arguments. */
  program: readonly string[];
  /** `PHPSTACK_…` variables. */
  variables: Readonly<Record<string, string>>;
}

/** What the service is made of: texts by path. A package's own template will do. */
export function serviceFiles(system: System, instance: Instance, settings: Settings): Map<string, string> {
  const { program, variables } = settings;
  const files = new Map<string, string>();
  if (!system.has(PACKAGED)) files.set(INSTALLED, unitText(program));
  if (Object.keys(variables).length > 0) files.set(instance.settings, settingsText(variables));
  return files;
}

/** Makes the service start with its device, and at once where that is there. */
export function installSteps(system: System, instance: Instance, settings: Settings): Step[] {
  const { device, unit, want } = instance;
  const files = serviceFiles(system, instance, settings);
  const steps = [...files].map(([path, text]) => system.write(path, text));
  if (system.isRunning) {
    if (files.has(INSTALLED)) steps.push(system.run('systemd-analyze', ['verify', '--man=no', INSTALLED]));
    steps.push(system.run('systemctl', ['daemon-reload']));
  }
  steps.push(system.systemctl(['enable', '--quiet', unit], `link ${want}`));
  // A port that is plugged in later starts it by itself.
  if (system.isRunning && system.has(device)) steps.push(system.run('systemctl', ['restart', unit]));
  return steps;
}

/** Undoes it; the visitor counter stays. @throws {ServiceError} when there is nothing to undo */
export function uninstallSteps(system: System, instance: Instance): Step[] {
  const { unit, want, settings } = instance;
  const hasSettings = system.has(settings);
  if (!hasSettings && !system.has(want)) throw new ServiceError(`${unit} is not installed`);
  const stop = system.isRunning ? ['--now'] : [];
  const steps = [system.systemctl(['disable', '--quiet', ...stop, unit], `unlink ${want}`)];
  if (hasSettings) steps.push(system.remove(settings), ...system.removeIfEmptied(settings));
  if (system.has(INSTALLED) && !hasOthers(system, instance)) steps.push(system.remove(INSTALLED));
  if (system.isRunning) steps.push(system.run('systemctl', ['daemon-reload']));
  return steps;
}

/** Whether another device has an instance. */
function hasOthers(system: System, { unit }: Instance): boolean {
  const [prefix] = TEMPLATE.split('@');
  const folders = system.names(UNITS).filter((name) => name.endsWith('.wants'));
  const wanted = folders.flatMap((folder) => system.names(`${UNITS}/${folder}`));
  return wanted.some((name) => name.startsWith(`${prefix}@`) && name !== unit);
}
