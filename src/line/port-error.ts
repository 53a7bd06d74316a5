import { readFile, stat } from 'node:fs/promises';

/** Why a port could not be opened. The message says it in one line, for people. */
export class PortError extends Error {
  override readonly name = 'PortError';
  /** The system's name for it: ENOENT, EACCES, EBUSY, ENOTTY, ECONNREFUSED…; EIO where it has none. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the port is merely not there, so that waiting for it makes sense. */
  get isAbsence(): boolean {
    return ABSENT.has(this.code);
  }
}

const ABSENT = new Set([
  'ENOENT',
  'ENXIO',
  'ENODEV',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

/** serialport's errors have no codes, only the texts of strerror(3) and, on Windows, of its own. */
const CODES: [RegExp, string][] = [
  [/no such file|no such device|file not found/i, 'ENOENT'],
  [/permission denied|operation not permitted/i, 'EACCES'],
  [/cannot lock|busy|access denied/i, 'EBUSY'],
  [/inappropriate ioctl|is a directory|invalid argument/i, 'ENOTTY'],
];

/** Turns an error of serialport at opening `path` into one that says what is the matter. */
export async function serialPortError(path: string, error: Error): Promise<PortError> {
  const code = CODES.find(([text]) => text.test(error.message))?.[1] ?? 'EIO';
  return new PortError(code, await explain(path, code, error), { cause: error });
}

async function explain(path: string, code: string, error: Error): Promise<string> {
  if (code === 'ENOENT') return `port ${path} does not exist`;
  if (code === 'EBUSY') return `port ${path} is in use by another program`;
  if (code === 'ENOTTY') return `${path} is not a serial port`;
  if (code !== 'EACCES') return `port ${path} cannot be opened: ${error.message.replace(/^Error:? /, '')}`;
  const group = await groupOf(path);
  return `port ${path} may not be opened by this user: it belongs to the group ${group} (sudo usermod -aG ${group} $USER, then log in again)`;
}

/** The name of the group that owns a file; its number where it has none. */
async function groupOf(path: string): Promise<string> {
  try {
    const { gid } = await stat(path);
    const groups = await readFile('/etc/group', 'utf8').catch(() => '');
    const entry = groups.split('\n').find((line) => line.split(':')[2] === String(gid));
    return entry?.split(':')[0] ?? String(gid);
  } catch {
    return 'dialout';
  }
}
