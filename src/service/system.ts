import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The service cannot be installed or removed; `message` is for people. */
export class ServiceError extends Error {
  override name = 'ServiceError';
}

/** Something to be done to the system. */
export interface Step {
  /** What it does, to which file. */
  readonly text: string;
  /** @throws {ServiceError} when it cannot be done */
  take(): void;
}

/** The system whose root folder is `root`, with the steps that change it. It is running if that is '/'. */
export class System {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get isRunning(): boolean {
    return this.#root === '/';
  }

  /** A link is there even if it leads nowhere, as links of another root's do. */
  has(path: string): boolean {
    try {
      lstatSync(this.#at(path));
      return true;
    } catch {
      return false;
    }
  }

  /** The names in a folder; none where it is absent. */
  names(folder: string): string[] {
    return this.has(folder) ? readdirSync(this.#at(folder)) : [];
  }

  write(path: string, text: string): Step {
    const file = this.#at(path);
    if (this.has(path) && readFileSync(file, 'utf8') === text)
      return { text: `keep ${file}, which is as it should be`, take() {} };
    return step(`write ${file}`, () => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    });
  }

  remove(path: string): Step {
    const file = this.#at(path);
    return step(`remove ${file}`, () => rmSync(file));
  }

  /** The folder of a file that is going to be removed, where that is all it holds. */
  removeIfEmptied(path: string): Step[] {
    const folder = this.#at(dirname(path));
    return this.names(dirname(path)).length > 1 ? [] : [step(`remove ${folder}`, () => rmdirSync(folder))];
  }

  /** @param what it does, where the command does not say so */
  run(command: string, args: string[], what?: string): Step {
    const line = [command, ...args].join(' ');
    return {
      text: what === undefined ? `run ${line}` : `${what}: run ${line}`,
      take() {
        const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
        if (error || status !== 0)
          throw new ServiceError(`${line}: ${error?.message ?? `exit status ${status}`}`);
      },
    };
  }

  systemctl(args: string[], what: string): Step {
    return this.run('systemctl', this.isRunning ? args : [`--root=${this.#root}`, ...args], what);
  }

  #at(path: string): string {
    return join(this.#root, path);
  }
}

function step(text: string, act: () => void): Step {
  return {
    text,
    take() {
      try {
        act();
      } catch (error) {
        throw new ServiceError((error as Error).message);
      }
    },
  };
}
