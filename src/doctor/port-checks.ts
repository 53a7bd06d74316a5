import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { serialPortError } from '../line/port-error.ts';

/** What was looked at, and whether it is well. */
export interface Check {
  ok: boolean;
  text: string;
}

/** Another process that has the port open. */
export interface Holder {
  pid: number;
  /** The program's name. */
  command: string;
}

/** Whether `path` is a device that this user may open. */
export async function checkDevice(path: string): Promise<Check> {
  try {
    if (!(await stat(path)).isCharacterDevice()) return { ok: false, text: `${path} is not a serial port` };
    await access(path, constants.R_OK | constants.W_OK);
    return { ok: true, text: `${path} is a device that this user may open` };
  } catch (error) {
    return { ok: false, text: (await serialPortError(path, error as Error)).message };
  }
}

/** Whether nobody else has it open. What belongs to other users is seen by root only. */
export async function checkHolders(path: string): Promise<Check[]> {
  const holders = await holdersOf(path);
  if (holders.length === 0) return [{ ok: true, text: 'no other program seems to have it open' }];
  return holders.map(({ pid, command }) => ({
    ok: false,
    text: `${command} (process ${pid}) has it open: ${cureFor(command, pid, path)}`,
  }));
}

/** The processes besides this one that have `path` open; none where there is no /proc. */
export async function holdersOf(path: string): Promise<Holder[]> {
  const device = await realpath(path).catch(() => path);
  const pids = (await namesIn('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const holders = await Promise.all(pids.map(async (pid) => ((await hasOpen(pid, device)) ? [pid] : [])));
  return Promise.all(holders.flat().map(async (pid) => ({ pid, command: await commandOf(pid) })));
}

/** What the driver says that the port's speed is, beside the one that was asked for. */
export async function checkSpeed(path: string, baud: number): Promise<Check> {
  const speed = await speedOf(path);
  if (!speed || baud === 0) return { ok: true, text: 'its speed is not known' };
  return speed === baud
    ? { ok: true, text: `it runs at ${speed} bps` }
    : { ok: false, text: `it runs at ${speed} bps, not at ${baud}: the driver does not have that speed` };
}

function speedOf(path: string): Promise<number> {
  const flag = process.platform === 'linux' ? '-F' : '-f';
  return new Promise((resolve) => {
    execFile('stty', [flag, path, 'speed'], { timeout: 1000 }, (_, stdout) => resolve(Number(stdout)));
  });
}

/** Whoever made a pty may have both of its ends: he is the other end, not a rival. */
async function hasOpen(pid: number, device: string): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const links = (await namesIn(folder)).map((fd) => readlink(join(folder, fd)).catch(() => ''));
  const targets = await Promise.all(links);
  const isOtherEnd = device.startsWith('/dev/pts/') && targets.some((target) => target.endsWith('/ptmx'));
  return targets.includes(device) && !isOtherEnd;
}

async function commandOf(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'a program')).trim();
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function cureFor(command: string, pid: number, path: string): string {
  if (/getty|login/.test(command)) return `systemctl stop serial-getty@${path.replace('/dev/', '')}`;
  if (/ModemManager/i.test(command)) return 'systemctl stop ModemManager';
  return `end it (kill ${pid})`;
}
