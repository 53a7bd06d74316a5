import { existsSync, statSync } from 'node:fs';

/** What the unit keeps from the service: ProtectHome=, PrivateTmp=. */
const HIDDEN = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/;

/** Why the service would not work with a path, in words; undefined where it would. */
export function pathObstacle(path: string): string | undefined {
  if (HIDDEN.test(path)) return `${path} is hidden from the service, as are all of /home, /root and /tmp`;
  if (!existsSync(path)) return `${path} does not exist`;
  return undefined;
}

/** Why there can be no service for a device, in words; undefined where there can. It may be absent. */
export function deviceObstacle(device: string): string | undefined {
  if (!/^\/dev\/[^,]+$/.test(device))
    return `a service belongs to one device below /dev, and not to ${device}`;
  const found = statSync(device, { throwIfNoEntry: false });
  return found && !found.isCharacterDevice() ? `${device} is not a serial device` : undefined;
}

/** Why this process cannot install services, in words; undefined where it can. */
export function systemObstacle(): string | undefined {
  if (!existsSync('/run/systemd/system')) return 'systemd does not run here';
  return process.getuid!() === 0 ? undefined : 'only root can do this: try sudo';
}
