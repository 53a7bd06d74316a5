import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Finished {
  /** Exit status; null after a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Milliseconds in which a process is expected to do what it was asked for. */
export const PATIENCE = 10_000;

type Stream = 'stdout' | 'stderr';

/**
 * A child process that dies with this one, even if this one is killed, and keeps this one alive only while
 * something of it is waited for: a test that forgets to stop it after a failure ends all the same.
 */
export class TiedProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #written: Record<Stream, Buffer[]> = { stdout: [], stderr: [] };
  readonly #closed: Promise<unknown[]>;

  constructor(command: string, ...args: string[]) {
    this.child = spawn('setpriv', ['--pdeathsig', 'KILL', command, ...args]);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.child[stream].on('data', (chunk: Buffer) => this.#written[stream].push(chunk));
    }
    // What is written to a process that has ended is of no interest.
    this.child.stdin.on('error', () => {});
    this.#closed = once(this.child, 'close');
    this.#keepAlive(false);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** All that it has written so far. */
  bytes(stream: Stream): Buffer {
    return Buffer.concat(this.#written[stream]);
  }

  /** The same, as text. */
  text(stream: Stream): string {
    return this.bytes(stream).toString();
  }

  /** Settles when the process has ended and all it wrote has been read. @param patience ms, after which it is killed */
  async finished(patience?: number): Promise<Finished> {
    this.#keepAlive(true);
    const timer = patience && setTimeout(() => this.child.kill('SIGKILL'), patience);
    const [code] = await this.#closed;
    clearTimeout(timer);
    return { code: code as number | null, stdout: this.text('stdout'), stderr: this.text('stderr') };
  }

  kill(signal: NodeJS.Signals): Promise<Finished> {
    this.child.kill(signal);
    return this.finished(PATIENCE);
  }

  /** The first match of `pattern` in what it wrote. @throws when it ends without one, or after `patience` ms */
  async wrote(stream: Stream, pattern: RegExp, patience = PATIENCE): Promise<RegExpMatchArray> {
    const deadline = performance.now() + patience;
    for (;;) {
      const match = this.text(stream).match(pattern);
      if (match) return match;
      const left = deadline - performance.now();
      if (this.child[stream].readableEnded || left <= 0) throw this.#silence(stream, pattern);
      await this.#more(stream, left);
    }
  }

  /** Settles when more has been written, the stream has ended or the time is up. */
  #more(stream: Stream, patience: number): Promise<void> {
    const source = this.child[stream];
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        source.off('data', settle);
        source.off('end', settle);
        resolve();
      };
      const timer = setTimeout(settle, patience);
      source.on('data', settle);
      source.on('end', settle);
    });
  }

  #keepAlive(alive: boolean): void {
    const { stdin, stdout, stderr } = this.child;
    for (const handle of [this.child, stdin, stdout, stderr] as { ref(): void; unref(): void }[]) {
      if (alive) handle.ref();
      else handle.unref();
    }
  }

  #silence(stream: Stream, pattern: RegExp): Error {
    const command = this.child.spawnargs.slice(3).join(' ');
    return new Error(
      `no ${pattern} on ${stream} of ${command}\n${this.text('stdout')}${this.text('stderr')}`,
    );
  }
}
