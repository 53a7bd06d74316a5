import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export interface Exit {
  /** Null where a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** Of what a process says on stderr, as many bytes are kept. */
const LONGEST_COMPLAINT = 4096;

/** The process groups that run: they do not outlive this process, unless it is killed by SIGKILL. */
const groups = new Set<number>();
process.on('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
});

/** A script's process, in a process group of its own with all that it starts. */
export class CgiProcess {
  /** Resolves once the process has ended; what it had started and left behind is killed then. */
  readonly exit: Promise<Exit>;
  /** Resolves once it has ended and nothing more is to be heard from it. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #group: number;
  /** Why no more of it was wanted, once it was sent away. */
  dismissal: string | undefined;
  #complaint = Buffer.alloc(0);
  #timer: NodeJS.Timeout | undefined;

  private constructor(child: ChildProcessWithoutNullStreams, group: number) {
    this.#child = child;
    this.#group = group;
    groups.add(group);
    this.exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#signal('SIGKILL');
        groups.delete(group);
        resolve({ code, signal });
      });
    });
    this.gone = new Promise((resolve) => {
      child.once('close', () => {
        clearTimeout(this.#timer);
        resolve();
      });
    });
    // A process need not read its body, and may go before it was given all of it.
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk: Buffer) => this.#hear(chunk));
  }

  /** @throws what the system says when it cannot be started: `code` is ENOENT, EACCES, … */
  static async start(
    command: string,
    options: { cwd: string; env: Record<string, string> },
  ): Promise<CgiProcess> {
    const child = spawn(command, { ...options, detached: true, stdio: 'pipe' });
    const started = child.pid === undefined ? undefined : new CgiProcess(child, child.pid);
    await once(child, 'spawn');
    return started!;
  }

  get input(): Writable {
    return this.#child.stdin;
  }

  get output(): Readable {
    return this.#child.stdout;
  }

  /** What it said on stderr, at most 4 kB of it. */
  get complaint(): string {
    return this.#complaint.toString().trim();
  }

  /** Wants no more of it: asks the whole group to end if it has not, and makes it end after `grace` ms. */
  dismiss(grace: number, why: string): void {
    if (this.#timer) return;
    this.dismissal = why;
    this.#signal('SIGTERM');
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#timer = setTimeout(() => {
      this.#signal('SIGKILL');
      // Somebody who left the group may still hold it.
      this.#child.stderr.destroy();
    }, grace);
  }

  #signal(signal: NodeJS.Signals): void {
    if (groups.has(this.#group)) signalGroup(this.#group, signal);
  }

  #hear(chunk: Buffer): void {
    const room = LONGEST_COMPLAINT - this.#complaint.length;
    if (room > 0) this.#complaint = Buffer.concat([this.#complaint, chunk.subarray(0, room)]);
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left in it, or nobody whom this user may signal.
  }
}
