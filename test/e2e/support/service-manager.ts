import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scratchFolder } from './daemon.ts';
import { type Finished, TiedProcess } from './tied.ts';

const SOCKET = fileURLToPath(new URL('notify_socket.py', import.meta.url));

export interface Notification {
  /** In seconds. */
  at: number;
  /** `READY=1`, and the like. */
  text: string;
}

/** What systemd is to a service that notifies it: a Unix socket that takes datagrams. */
export class ServiceManager {
  /** NOTIFY_SOCKET of the service. */
  readonly socket: string;
  readonly #process: TiedProcess;

  private constructor(socket: string, process: TiedProcess) {
    this.socket = socket;
    this.#process = process;
  }

  static async start(): Promise<ServiceManager> {
    const socket = join(scratchFolder(), 'notify');
    const process = new TiedProcess('python3', SOCKET, socket);
    await process.wrote('stdout', /^bound$/m);
    return new ServiceManager(socket, process);
  }

  /** Settles when what it was told so far matches. @throws when it does not */
  wasTold(pattern: RegExp): Promise<RegExpMatchArray> {
    return this.#process.wrote('stdout', pattern);
  }

  /** What it was told so far. */
  get notifications(): Notification[] {
    return [...this.#process.text('stdout').matchAll(/^([\d.]+) (.+)$/gm)].map(([, at, text]) => ({
      at: Number(at),
      text: text!,
    }));
  }

  stop(): Promise<Finished> {
    return this.#process.kill('SIGKILL');
  }
}
