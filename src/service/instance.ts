/** The template of the units, of which each device has an instance. */
export const TEMPLATE = 'phpstack-ts@.service';

/** What systemd and the administrator know of the service on one device. */
export interface Instance {
  /** The device's path, below /dev. */
  device: string;
  unit: string;
  /** The settings: variables, as systemd's EnvironmentFile= has them. */
  settings: string;
  /** A link, which makes the device start the unit. */
  want: string;
  /** The folder of the visitor counter. */
  state: string;
}

/** The instance for a path below /dev, which need not be there. */
export function instanceFor(device: string): Instance {
  const name = escapePath(device.replace(/^\/dev\//, ''));
  const unit = TEMPLATE.replace('@', `@${name}`);
  return {
    device,
    unit,
    settings: `/etc/phpstack-ts/${name}.env`,
    want: `/etc/systemd/system/dev-${name}.device.wants/${unit}`,
    state: `/var/lib/private/phpstack-ts/${name}`,
  };
}

/** A path as part of a unit's name (systemd.unit(5), "String escaping for inclusion in unit names"). */
function escapePath(path: string): string {
  return [...Buffer.from(path)].map((byte, i) => escapeByte(String.fromCharCode(byte), i)).join('');
}

function escapeByte(character: string, i: number): string {
  if (character === '/') return '-';
  if (/[\w:.]/.test(character) && !(character === '.' && i === 0)) return character;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
