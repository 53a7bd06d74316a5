import { execFile } from 'node:child_process';
import { SerialPort } from 'serialport';
import { type Clock, systemClock } from '../clock.ts';
import { identify, watchDevice } from './device-watch.ts';
import { DEFAULT_BAUD } from './pacer.ts';
import { PortError, serialPortError } from './port-error.ts';
import { type Opening, type OpeningEvents, ReopeningPort } from './reopening-port.ts';
import { SlipLine, type SlipLineOptions } from './slip-line.ts';

/** XON/XOFF does not exist here: SLIP needs all 256 byte values. */
export type FlowControl = 'none' | 'rtscts';

export interface SerialOptions extends Partial<SlipLineOptions> {
  /** The device: `/dev/ttyUSB0`, `COM3`, a pty. */
  path: string;
  /** Default 'none'. */
  flowControl?: FlowControl;
  /** Whether closing drops DTR, which resets some boards. Default true. */
  hupcl?: boolean;
  /** Whether to wait for a device that does not exist yet: the line is then not open at first. Default false. */
  wait?: boolean;
}

/** A UART misreads bytes when the speeds of its ends differ by more than this. */
const BAUD_TOLERANCE = 0.03;

/** A line over a serial device, 8N1, which is reopened when it vanishes. @throws {PortError} when it cannot be opened */
export async function openSerialLine(options: SerialOptions): Promise<SlipLine> {
  const { clock = systemClock, baud = DEFAULT_BAUD } = options;
  const port = new ReopeningPort((events) => openDevice(options, clock, events), clock);
  const line = new SlipLine(port, { ...options, clock, baud });
  await port.open(options.wait ?? false);
  return line;
}

/** Always a new SerialPort: an old one would replay what was written while it was closed. */
async function openDevice(options: SerialOptions, clock: Clock, events: OpeningEvents): Promise<Opening> {
  const { path, hupcl = true, flowControl = 'none' } = options;
  // An unpaced line is not a serial one, but the device must be given some speed.
  const baudRate = options.baud || DEFAULT_BAUD;
  const identity = await identify(path).catch((error) => rejectUnlessWindows(path, error));
  const port = new SerialPort({
    path,
    baudRate,
    dataBits: 8,
    stopBits: 1,
    parity: 'none',
    rtscts: flowControl === 'rtscts',
    hupcl,
    lock: true,
    autoOpen: false,
  });
  await open(port);
  await tune(port, hupcl);
  await checkBaud(port);
  return attach(port, events, clock, identity);
}

/** Windows has its ports in no file system. */
async function rejectUnlessWindows(path: string, error: Error): Promise<undefined> {
  if (process.platform !== 'win32') throw await serialPortError(path, error);
}

async function open(port: SerialPort): Promise<void> {
  const error = await new Promise<Error | null>((resolve) => port.open(resolve));
  if (error) throw await serialPortError(port.path, error);
}

/** What helps where it is possible; a pty, for one, has neither modem lines nor latency. */
async function tune(port: SerialPort, hupcl: boolean): Promise<void> {
  // Flags that are left out would be reset. FTDI adapters hold bytes for 16 ms unless told not to.
  const flags = { brk: false, cts: false, dsr: false, dtr: true, rts: true, lowLatency: true };
  await new Promise((resolve) => port.set(flags, resolve));
  if (!hupcl) await keepDtr(port.path);
}

/** serialport's `hupcl: false` leaves the flag as it finds it, and systems set it by default. */
function keepDtr(path: string): Promise<void> {
  const flag = process.platform === 'linux' ? '-F' : '-f';
  return new Promise((resolve) =>
    execFile('stty', [flag, path, '-hupcl'], { timeout: 1000 }, () => resolve()),
  );
}

/** A driver may set another speed than it was asked for, and say nothing. */
async function checkBaud(port: SerialPort): Promise<void> {
  const actual = await port.port?.getBaudRate().catch(() => undefined);
  if (!actual || actual.baudRate <= 0) return;
  if (Math.abs(actual.baudRate / port.baudRate - 1) <= BAUD_TOLERANCE) return;
  await close(port);
  throw new PortError('EINVAL', `port ${port.path} runs at ${actual.baudRate} bps, not at ${port.baudRate}`);
}

function attach(
  port: SerialPort,
  events: OpeningEvents,
  clock: Clock,
  identity: string | undefined,
): Opening {
  port.on('data', (bytes: Uint8Array) => events.bytes(bytes));
  port.on('error', (error) => events.ended(error.message));
  port.on('close', (error?: Error | null) => events.ended(error?.message ?? 'the port was closed'));
  const stop =
    identity === undefined
      ? () => {}
      : watchDevice(
          port.path,
          identity,
          () => probe(port),
          clock,
          (reason) => events.ended(reason),
        );
  return {
    write: (bytes, taken) => void port.write(bytes, (error) => error ?? taken()),
    close: () => {
      stop();
      return close(port);
    },
  };
}

/** Asks the driver for something harmless: a device that was hung up answers EIO even where its path remains. */
async function probe(port: SerialPort): Promise<void> {
  await port.port?.getBaudRate().catch((error: Error) => {
    if (/input\/output error|bad file|no such device/i.test(error.message)) throw error;
  });
}

function close(port: SerialPort): Promise<void> {
  return new Promise((resolve) => port.close(() => resolve()));
}
