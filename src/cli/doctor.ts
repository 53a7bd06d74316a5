import type { Command } from 'commander';
import { checkPeer } from '../doctor/peer-check.ts';
import { type Check, checkDevice, checkHolders, checkSpeed } from '../doctor/port-checks.ts';
import type { PortLine } from '../line/line.ts';
import { PortError } from '../line/port-error.ts';
import { isSocketPath } from '../line/socket.ts';
import {
  addLineOptions,
  CLIENT,
  type LineOptions,
  openLine,
  requiredPort,
  SERVER,
  stackFor,
} from './line-options.ts';

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'Finds out why nothing gets through: looks at the port, and at what comes from the other end.',
    );
  addLineOptions(command, { address: SERVER, peer: CLIENT })
    .addHelpText('after', '\nExample:\n  phpstack-ts doctor --port /dev/ttyUSB0 --baud 115200')
    .action(doctor);
}

/** Prints what each check found, and a verdict; exits 0 where all is well, and 1 where it is not. */
async function doctor(options: LineOptions, command: Command): Promise<void> {
  const path = requiredPort(options, command);
  const failed: Check[] = [];
  for await (const check of examine(path, options)) {
    console.log(`${check.ok ? 'ok  ' : 'FAIL'}  ${check.text}`);
    if (!check.ok) failed.push(check);
  }
  console.log(failed.length === 0 ? '\nAll is well.' : `\nFirst of all: ${failed[0]!.text}.`);
  process.exit(failed.length === 0 ? 0 : 1);
}

/** The checks, each only where those before it make sense of it. */
async function* examine(path: string, options: LineOptions): AsyncGenerator<Check> {
  if (!isSocketPath(path)) {
    const device = await checkDevice(path);
    yield device;
    if (!device.ok) return;
    yield* await checkHolders(path);
  }
  const line = await attempt(path, options);
  if (line instanceof PortError) return yield { ok: false, text: line.message };
  yield { ok: true, text: 'it can be opened' };
  if (!isSocketPath(path)) yield await checkSpeed(path, options.baud);
  yield* await checkPeer(line, stackFor(options), options);
  await line.close();
}

async function attempt(path: string, options: LineOptions): Promise<PortLine | PortError> {
  try {
    // Whether it is there is what was asked.
    return await openLine(path, { ...options, wait: false });
  } catch (error) {
    if (error instanceof PortError) return error;
    throw error;
  }
}
