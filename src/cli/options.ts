import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FramingMode } from '../line/framing.ts';
import type { FlowControl } from '../line/serial.ts';
import { isUnicast, parseAddress } from '../wire/address.ts';

/** An option that a `PHPSTACK_…` environment variable sets as well: its long name in capitals. */
export function option(flags: string, description: string): Option {
  const [, long] = /--([a-z-]+)/.exec(flags)!;
  return new Option(flags, description).env(`PHPSTACK_${long!.replaceAll('-', '_').toUpperCase()}`);
}

/** What a variable says that does not switch anything on. */
const OFF = /^(|0|false|no)$/i;

/** Takes out of the environment what is no more than a switch and is off there: commander takes any value for on. */
export function dropIdleSwitches(command: Command): void {
  for (const { envVar, required, optional } of command.options) {
    const isSwitch = envVar !== undefined && !required && !optional;
    if (isSwitch && OFF.test(process.env[envVar] ?? '')) delete process.env[envVar];
  }
  command.commands.forEach(dropIdleSwitches);
}

/** A parser for whole numbers from `least` to `most`. */
export function integer(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** A parser for spans of time, such as 0.2. */
export function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value > 86_400)
    throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}

/** @returns the dotted quad as it was given */
export function hostAddress(text: string): string {
  try {
    if (isUnicast(parseAddress(text))) return text;
  } catch {
    // told below
  }
  throw new InvalidArgumentError('It must be the IPv4 address of a host, like 192.168.7.2.');
}

export function flowControl(text: string): FlowControl {
  if (text === 'none' || text === 'rtscts') return text;
  if (text === 'xonxoff')
    throw new InvalidArgumentError(
      'SLIP needs all 256 byte values, so XON/XOFF cannot be used: none or rtscts.',
    );
  throw new InvalidArgumentError('It must be none or rtscts.');
}

export function framing(text: string): FramingMode {
  if (text === 'auto' || text === 'slip' || text === 'cslip') return text;
  throw new InvalidArgumentError('It must be auto, slip or cslip.');
}

export function baudRate(text: string): number {
  return integer(0, 4_000_000)(text);
}

/** The largest datagram for a line's speed: about an eighth of a second of it, so that others need not wait long. */
export function mtuFor(baud: number): number {
  if (baud === 0 || baud >= 115_200) return 1500;
  return baud >= 38_400 ? 576 : 296;
}
