import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, PATIENCE, TiedProcess } from './tied.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/phpstack-ts.js', import.meta.url));

/** The log line by which the daemon says that it serves. */
const SERVING = /^.*"msg":"[^"]*\bserv(?:es|ing)\b.*$/im;

/** Runs the program with any arguments; it is expected to end by itself, and soon. */
export function runProgram(...args: string[]): Promise<Finished> {
  return new TiedProcess(process.execPath, PROGRAM, ...args).finished(PATIENCE);
}

/** The built program, serving on a port. */
export class Daemon {
  readonly #process: TiedProcess;

  private constructor(process: TiedProcess) {
    this.#process = process;
  }

  /** Settles when it says that it serves. @throws when it does not */
  static start(port: string, ...args: string[]): Promise<Daemon> {
    return Daemon.#serving(process.execPath, PROGRAM, '--port', port, ...args);
  }

  /** The same with a file system of `size` bytes at its `--state`, that nobody else sees. Needs root. */
  static startOnDisk(size: number, port: string, state: string): Promise<Daemon> {
    const mountThenRun = `mount -t tmpfs -o size=${size} tmpfs ${state} && exec "$0" "$@"`;
    const command = [process.execPath, PROGRAM, '--port', port, '--state', state];
    return Daemon.#serving('unshare', '--mount', 'sh', '-c', mountThenRun, ...command);
  }

  static async #serving(...command: [string, ...string[]]): Promise<Daemon> {
    const daemon = new Daemon(new TiedProcess(...command));
    await daemon.#process.wrote('stdout', SERVING);
    return daemon;
  }

  /** Runs a command that sees the daemon's own file systems. */
  exec(command: string, ...args: string[]): Promise<Finished> {
    return new TiedProcess(
      'nsenter',
      `--mount=/proc/${this.#process.pid}/ns/mnt`,
      command,
      ...args,
    ).finished();
  }

  /** The lines of its log so far. */
  get log(): Record<string, unknown>[] {
    return this.#process
      .text('stdout')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Settles when it has ended. */
  kill(signal: NodeJS.Signals): Promise<Finished> {
    return this.#process.kill(signal);
  }
}

/** A folder of its own for each use, which is removed at the end of the process. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phpstack-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
