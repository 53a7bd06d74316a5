import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { type Capture, startCapture } from './capture.ts';
import { type Finished, TiedProcess } from './tied.ts';

const LINE = fileURLToPath(new URL('line.py', import.meta.url));
const CLIENTS = fileURLToPath(new URL('clients.py', import.meta.url));

/** Its buffer has slots of the snap length: with the default, 256 kB, a burst would not fit. */
const TCPDUMP = ['-i', 'sl0', '-s', '4096', '-B', '16384', '--immediate-mode', '-U', '-w', '-'];

export interface KernelPeerOptions {
  /** Default 192.168.7.1. */
  address?: string;
  /** The address at the other end. Default 192.168.7.2. */
  peer?: string;
  /** Default 1500. */
  mtu?: number;
  /** Paces both directions to a tenth of it in bytes a second; 0, the default, is as fast as it goes. */
  baud?: number;
  /** Likelihood of each bit to be turned over, both ways. Default 0. */
  bitErrorRate?: number;
  /** Of the faults. Default 1. */
  seed?: number;
  /** A tty that exists, in place of a pty of the line's own. */
  port?: string;
}

export interface LineStats {
  /** Frames that came from the other end, and those of them that the kernel did not take for IP. */
  frames: number;
  refused: number;
  /** Bytes lost because the other end did not read them. */
  lost: number;
  /** How often the writer at the other end was stopped because the FIFO was full. */
  stops: number;
  /** Bytes carried toward the other end and back, and the most that ever waited in each FIFO. */
  outBytes: number;
  backBytes: number;
  outLongest: number;
  backLongest: number;
  /** Bits turned over. */
  flipped: number;
}

/** What went onto the line, and how many SLIP frames it makes. */
export interface Injected {
  bytes: number;
  frames: number;
}

/**
 * The Linux kernel at the end of a serial line: a network namespace with a TUN device in it, joined to `port`
 * by line.py. The namespace has no name; it is gone with its last process, whatever becomes of the tests.
 */
export class KernelPeer {
  /** Where the other end of the line is to be opened. */
  readonly port: string;
  readonly #line: TiedProcess;
  #answered = 1;
  #lastCommand: Promise<unknown> = Promise.resolve();

  private constructor(line: TiedProcess, port: string) {
    this.#line = line;
    this.port = port;
  }

  static async start(options: KernelPeerOptions = {}): Promise<KernelPeer> {
    const { address = '192.168.7.1', peer = '192.168.7.2', mtu = 1500, baud = 0 } = options;
    const { bitErrorRate = 0, seed = 1, port } = options;
    const settings = { address, peer, mtu, baud, 'bit-error-rate': bitErrorRate, seed, port };
    const args = Object.entries(settings).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)],
    );
    const line = new TiedProcess('unshare', '--net', 'python3', LINE, ...args);
    const [ready] = await line.wrote('stdout', /^\{"port".*\n/);
    return new KernelPeer(line, JSON.parse(ready).port);
  }

  /** Starts a command inside the namespace. */
  spawn(command: string, ...args: string[]): TiedProcess {
    return new TiedProcess('nsenter', `--net=/proc/${this.#line.pid}/ns/net`, command, ...args);
  }

  /** Runs a command inside the namespace to its end. */
  exec(command: string, ...args: string[]): Promise<Finished> {
    return this.spawn(command, ...args).finished();
  }

  /** What curl gets. @throws when curl fails */
  async curl(url: string, ...args: string[]): Promise<string> {
    const options = ['--silent', '--show-error', '--max-time', '60', ...args, url];
    const { code, stdout, stderr } = await this.exec('curl', ...options);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** Starts one of the clients of clients.py inside the namespace. */
  client(name: string, ...args: (string | number)[]): TiedProcess {
    return this.spawn('python3', CLIENTS, name, ...args.map(String));
  }

  /** Runs one of the clients of clients.py to its end. @returns what it saw */
  async sees(name: string, ...args: (string | number)[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.client(name, ...args).finished();
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
  }

  /** Records what crosses the TUN device, until it is stopped. */
  capture(): Promise<Capture> {
    return startCapture(this.spawn('tcpdump', ...TCPDUMP));
  }

  stats(): Promise<LineStats> {
    return this.#command('stats') as Promise<LineStats>;
  }

  /** Puts raw bytes on the line toward the other end. */
  inject(bytes: Uint8Array): Promise<Injected> {
    return this.#command(`inject ${Buffer.from(bytes).toString('hex')}`) as Promise<Injected>;
  }

  /** Puts random bytes on the line toward the other end, back to back; the same seed gives the same bytes. */
  noise(count: number, seed: number): Promise<Injected> {
    return this.#command(`noise ${count} ${seed}`, 60_000) as Promise<Injected>;
  }

  /** Ends the line. What still runs inside the namespace is cut off, but not stopped. */
  async stop(): Promise<void> {
    this.#line.child.stdin.end();
    const { code, stderr } = await this.#line.finished();
    assert.equal(code, 0, stderr);
  }

  /** The line takes one command at a time. */
  #command(command: string, patience?: number): Promise<unknown> {
    const ask = async () => {
      this.#line.child.stdin.write(`${command}\n`);
      const pattern = new RegExp(`^(?:.*\n){${this.#answered++}}(.*)\n`);
      return JSON.parse((await this.#line.wrote('stdout', pattern, patience))[1]!);
    };
    const answer = this.#lastCommand.then(ask);
    this.#lastCommand = answer.catch(() => {});
    return answer;
  }
}
