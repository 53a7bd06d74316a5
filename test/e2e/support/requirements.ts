import { spawnSync } from 'node:child_process';

const COMMANDS = [
  'unshare',
  'nsenter',
  'setpriv',
  'ip',
  'ping',
  'curl',
  'tcpdump',
  'tshark',
  'python3',
  'socat',
  'script',
];

/**
 * Why the end-to-end tests cannot run here; false where they can. They need Linux, root for a network
 * namespace with a TUN device in it, and a few commands.
 *
 * @throws where CI is "true" and something is missing: there, nothing may be skipped
 */
export function requirements(): string | false {
  return unlessInCi(missing());
}

/** The same where only these commands are needed. */
export function requiredCommands(...commands: string[]): string | false {
  return unlessInCi(missingAmong(commands));
}

/** Why something is to be skipped. @throws in CI */
export function unlessInCi(reason: string | false): string | false {
  if (reason && process.env.CI === 'true') throw new Error(`with CI=true nothing is skipped, but ${reason}`);
  return reason;
}

function missingAmong(commands: string[]): string | false {
  const absent = commands.filter((command) => spawnSync('which', [command]).status !== 0);
  return absent.length > 0 && `not installed: ${absent.join(', ')}`;
}

function missing(): string | false {
  if (process.platform !== 'linux') return 'the client is the Linux kernel, and this is another';
  const absent = missingAmong(COMMANDS);
  if (absent) return absent;
  if (process.getuid?.() !== 0) return 'only root can make a network namespace with a TUN device';
  const attempt = spawnSync('unshare', ['--net', 'ip', 'tuntap', 'add', 'dev', 'sl0', 'mode', 'tun']);
  if (attempt.status !== 0) return `no TUN device can be made: ${attempt.stderr.toString().trim()}`;
  return false;
}
