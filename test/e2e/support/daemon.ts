import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** The built program, serving on a port. */
export class Daemon {
  readonly #process: TiedProcess;

  private constructor(process: TiedProcess) {
    this.#process = process;
  }

  /** Settles when it says that it serves. @throws when it does not */
  static async start(port: string, ...args: string[]): Promise<Daemon> {
    const daemon = new Daemon(startProgram('--port', port, ...args));
    await daemon.#process.wrote('stdout', SERVING);
    return daemon;
  }

  /** The lines of its log so far. */
  get log(): Record<string, unknown>[] {
    return this.#process
      .text('stdout')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Settles when its log matches. @throws when it does not */
  logged(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#process.wrote('stdout', pattern);
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
