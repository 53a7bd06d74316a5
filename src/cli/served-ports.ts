import { InvalidArgumentError } from 'commander';
import type { LineSettings } from './line-options.ts';
import { baudRate, flowControl, framing, hostAddress, integer } from './options.ts';

/** One `--port` of several: its path, and in what its line differs from the others. */
export type ServedPort = { path: string } & Partial<Own>;

type Own = Pick<LineSettings, 'address' | 'peer' | 'baud' | 'mtu' | 'framing' | 'flowControl'>;

/** The settings that a port can have of its own, named as their options are. */
const SETTINGS: Record<string, (text: string) => Partial<Own>> = {
  address: (text) => ({ address: hostAddress(text) }),
  peer: (text) => ({ peer: hostAddress(text) }),
  baud: (text) => ({ baud: baudRate(text) }),
  mtu: (text) => ({ mtu: integer(68, 1500)(text) }),
  framing: (text) => ({ framing: framing(text) }),
  'flow-control': (text) => ({ flowControl: flowControl(text) }),
};

/** A parser of PATH[,setting=…]: repeated on the command line, or with semicolons in the environment. */
export function servedPorts(text: string, others: ServedPort[]): ServedPort[] {
  const ports = [...others, ...text.split(';').map(servedPort)];
  const twice = ports.find(({ path }, i) => ports.findIndex((port) => port.path === path) !== i);
  if (twice) throw new InvalidArgumentError(`${twice.path} is there twice.`);
  return ports;
}

function servedPort(text: string): ServedPort {
  // A path may hold commas: the settings begin where a name follows one.
  const [path, ...settings] = text.split(/,(?=[a-z-]+=)/);
  if (!path) throw new InvalidArgumentError('It must begin with a path, like /dev/ttyS0.');
  return Object.assign({ path }, ...settings.map(own));
}

function own(setting: string): Partial<Own> {
  const [, name, value] = /^([a-z-]+)=(.*)$/s.exec(setting)!;
  const parse = SETTINGS[name!];
  if (!parse) throw new InvalidArgumentError(`${name} is none of ${Object.keys(SETTINGS).join(', ')}.`);
  try {
    return parse(value!);
  } catch (error) {
    throw new InvalidArgumentError(`${name}=${value}: ${(error as Error).message}`);
  }
}
