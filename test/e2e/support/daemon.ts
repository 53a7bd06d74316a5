import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, PATIENCE, TiedProcess } from './tied.ts';

const PROGRAM = fileURLToPath(new URL('../../../bin/phpstack-ts.js', import.meta.url));

/** The log line by which the daemon says that it serves. */
const SERVING = /^.*"msg":"[^"]*\bserv(?:es|ing)\b.*$/im;

/** Starts the program with any arguments. */
export function startProgram(...args: string[]): TiedProcess {
  return new TiedProcess(process.execPath, PROGRAM, ...args);
}

/** Runs the program with any arguments; it is expected to end by itself, and soon. */
export function runProgram(...args: string[]): Promise<Finished> {
  return startProgram(...args).finished(PATIENCE);
}

/** The same from another place: the service cannot see what lies in a home or in /tmp, as a clone may. Needs root. */
export function runProgramElsewhere(...args: string[]): Promise<Finished> {
  const package_ = dirname(dirname(PROGRAM));
  const mountThenRun = `mount --bind "$0" /mnt && exec "$@"`;
  const program = [process.execPath, '/mnt/bin/phpstack-ts.js', ...args];
  return new TiedProcess('unshare', '--mount', 'sh', '-c', mountThenRun, package_, ...program).finished(
    PATIENCE,
  );
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

  /** The same with more variables in its environment. */
  static startIn(environment: Record<string, string>, port: string, ...args: string[]): Promise<Daemon> {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    return Daemon.#serving('env', ...variables, process.execPath, PROGRAM, '--port', port, ...args);
  }

  /**
   * The same with a file system of `size` bytes at its `--state`, that nobody else sees. Needs root.
   *
   * @param prepare a shell command that is run before, in that folder
   */
  static startOnDisk(size: number, port: string, state: string, prepare = 'true'): Promise<Daemon> {
    const mountThenRun = `mount -t tmpfs -o size=${size} tmpfs ${state} && (cd ${state} && ${prepare}) && exec "$0" "$@"`;
    const command = [process.execPath, PROGRAM, '--port', port, '--state', state];
    return Daemon.#serving('unshare', '--mount', 'sh', '-c', mountThenRun, ...command);
  }

  /** The same by way of another command, such as env(1) or a shell, that becomes it. */
  static startBy(by: [string, ...string[]], port: string, ...args: string[]): Promise<Daemon> {
    return Daemon.#serving(...by, process.execPath, PROGRAM, '--port', port, ...args);
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

  /** Settles when its log matches. @throws when it does not within `patience` ms */
  logged(pattern: RegExp, patience?: number): Promise<RegExpMatchArray> {
    return this.#process.wrote('stdout', pattern, patience);
  }

  /** Bytes of memory that it has now. */
  get memory(): number {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(
      readFileSync(`/proc/${this.#process.pid}/status`, 'utf8'),
    )!;
    return 1024 * Number(kilobytes);
  }

  /** What it has written to stderr so far. */
  get stderr(): string {
    return this.#process.text('stderr');
  }

  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void {
    this.#process.child.kill(signal);
  }

  /** Settles when it has ended by itself. */
  finished(): Promise<Finished> {
    return this.#process.finished(PATIENCE);
  }

  /** Settles when it has ended. */
  kill(signal: NodeJS.Signals): Promise<Finished> {
    return this.#process.kill(signal);
  }
}

/** The demo, for browsers on this machine. */
export class Demo {
  readonly #process: TiedProcess;
  /** Ends with a slash. */
  readonly url: string;

  private constructor(process: TiedProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(...args: string[]): Promise<Demo> {
    const command = [process.execPath, PROGRAM, 'demo', '--listen', '0', ...args];
    const demo = new TiedProcess('env', `XDG_STATE_HOME=${scratchFolder()}`, ...command);
    const [url] = await demo.wrote('stdout', /http:\/\/127\.0\.0\.1:\d+\//);
    return new Demo(demo, url);
  }

  /** The paths of the requests that it has answered, once the first one for `path` is among them. */
  async requestsUntil(path: string): Promise<string[]> {
    await this.#process.wrote('stdout', new RegExp(`"path":"${path}".*\n`));
    const lines = this.#process.text('stdout').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line).path).filter((path) => path !== undefined);
  }

  kill(): Promise<Finished> {
    return this.#process.kill('SIGKILL');
  }
}

const scratchFolders: string[] = [];
process.on('exit', () => {
  for (const folder of scratchFolders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for each use, which is removed at the end of the process. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'phpstack-'));
  scratchFolders.push(folder);
  return folder;
}
