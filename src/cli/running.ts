import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Admin } from '../admin/socket.ts';
import { statusOf, summaryOf } from '../admin/status.ts';
import type { DaemonView } from '../admin/view.ts';
import type { Daemon, DaemonOptions } from '../daemon.ts';
import type { Recorder } from '../line/recorder.ts';
import type { Supervision } from '../service/supervision.ts';
import { AccessLog } from '../web/access-log.ts';
import type { ServeOptions } from './serve.ts';

/** The options that a reload puts into effect; others wait for the next start. */
const LIVE: readonly (keyof ServeOptions)[] = [
  'site',
  'anonymize',
  'maxConnections',
  'grace',
  'logLevel',
  'accessLog',
];

interface Parts {
  daemon: Daemon;
  recorder: Recorder;
  accessLog: AccessLog | undefined;
  log: Logger;
  options: ServeOptions;
  /** The options as they are now. @throws where they are wrong */
  readOptions: () => ServeOptions;
}

/** A daemon at work, and what an administrator asks of it. */
export class Running {
  readonly #daemon: Daemon;
  readonly #recorder: Recorder;
  readonly #log: Logger;
  readonly #readOptions: () => ServeOptions;
  #accessLog: AccessLog | undefined;
  #options: ServeOptions;
  #admin: Admin | undefined;
  /** Who is told that the end has begun. */
  supervision: Supervision | undefined;

  constructor({ daemon, recorder, accessLog, log, options, readOptions }: Parts) {
    this.#daemon = daemon;
    this.#recorder = recorder;
    this.#accessLog = accessLog;
    this.#log = log;
    this.#readOptions = readOptions;
    this.#options = options;
    daemon.onAnswered = (answered, port) => {
      this.#accessLog?.write(answered);
      this.#admin?.metrics.answered(answered, port);
    };
  }

  /** @throws {AdminError} */
  async openAdmin(path: string): Promise<void> {
    // Loaded only where it is used: it takes a third of the time to start.
    const { openAdmin } = await import('../admin/socket.ts');
    this.#admin = await openAdmin(path, this.#view());
    this.#log.info({ admin: path }, 'admin socket opened');
  }

  /** SIGUSR1. */
  summarise(): void {
    this.#log.info(summaryOf(statusOf(this.#view())), 'summary');
  }

  /** SIGUSR2: begins a capture, or ends the one that is being written. */
  async toggleCapture(): Promise<void> {
    const capture =
      this.#recorder.path ?? this.#options.capture ?? join(this.#options.state, 'capture.pcapng');
    try {
      if (this.#recorder.path === undefined) {
        this.#recorder.start(capture);
        return this.#log.info({ capture }, 'capture begun');
      }
      await this.#recorder.stop();
      this.#log.info({ capture }, 'capture ended');
    } catch (error) {
      this.#log.warn({ capture, reason: (error as Error).message }, 'the capture cannot be written');
    }
  }

  /** SIGHUP: takes over the site and the settings as they are now; where they are wrong, all stays as it is. */
  async reload(): Promise<void> {
    try {
      const options = this.#readOptions();
      const accessLog = await this.#accessLogAt(options.accessLog);
      this.#daemon.reload(daemonOptions(options));
      if (accessLog !== this.#accessLog) await this.#accessLog?.close();
      this.#accessLog = accessLog;
      this.#log.level = options.logLevel;
      this.#tellReloaded(options);
      this.#options = options;
    } catch (error) {
      this.#log.error({ reason: (error as Error).message }, 'not reloaded: all stays as it was');
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.supervision?.stopping(), this.#daemon.stop()]);
    await this.#recorder.stop();
    await this.#accessLog?.close();
    this.#admin?.close();
  }

  /** The present one, reopened, or another. @throws {AccessLogError} */
  async #accessLogAt(path: string | undefined): Promise<AccessLog | undefined> {
    if (path !== this.#options.accessLog) return openAccessLog(path, this.#log);
    this.#accessLog?.reopen();
    return this.#accessLog;
  }

  #tellReloaded(options: ServeOptions): void {
    const names = Object.keys({ ...this.#options, ...options }) as (keyof ServeOptions)[];
    const changed = names
      .sort()
      .filter((name) => JSON.stringify(options[name]) !== JSON.stringify(this.#options[name]));
    const waiting = changed.filter((name) => !LIVE.includes(name));
    this.#log.info({ changed: changed.filter((name) => LIVE.includes(name)) }, 'reloaded');
    if (waiting.length > 0) this.#log.warn({ waiting }, 'these settings wait for the next start');
  }

  #view(): DaemonView {
    const [daemon, recorder] = [this.#daemon, this.#recorder];
    return {
      version: daemon.version,
      lines: daemon.lines,
      get visitors() {
        return daemon.visitors;
      },
      get uptime() {
        return daemon.uptime;
      },
      get capture() {
        return recorder.path;
      },
    };
  }
}

/** What the daemon is told of the options. */
export function daemonOptions({ grace, ...options }: ServeOptions): DaemonOptions {
  return { ...options, grace: grace * 1000 };
}

/** @throws {AccessLogError} when there is a file to be written, and it cannot be */
export async function openAccessLog(path: string | undefined, log: Logger): Promise<AccessLog | undefined> {
  return path === undefined ? undefined : AccessLog.open(path, log);
}
