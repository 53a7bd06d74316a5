import assert from 'node:assert/strict';
import { TiedProcess } from '../e2e/support/tied.ts';

/** Milliseconds that a guest may take to start, and for one command. An idle machine needs about three seconds. */
const PATIENCE = 60_000;

export interface GuestOptions {
  kernel: string;
  initramfs: string;
  /** A Unix socket that is made, and is the other end of the guest's second serial port, /dev/ttyS1. */
  port: string;
}

/** A virtual PC with two serial ports and no other device. The first is its console. */
export class Guest {
  readonly #qemu: TiedProcess;
  /** How many commands were begun. */
  #commands = 0;

  private constructor(qemu: TiedProcess) {
    this.#qemu = qemu;
  }

  /** Settles when it takes commands. */
  static async start({ kernel, initramfs, port }: GuestOptions): Promise<Guest> {
    const machine = ['-nodefaults', '-no-user-config', '-display', 'none', '-m', '256', '-no-reboot'];
    const system = ['-kernel', kernel, '-initrd', initramfs, '-append', 'console=ttyS0 quiet panic=-1'];
    const ports = ['-serial', 'stdio', '-serial', `unix:${port},server=on,wait=off`];
    const guest = new Guest(new TiedProcess('qemu-system-x86_64', ...machine, ...system, ...ports));
    await guest.#qemu.wrote('stdout', /done 0 0\n/, PATIENCE);
    return guest;
  }

  /** Runs a line of shell. @returns what it wrote. @throws when its exit status is not 0 */
  async run(command: string): Promise<string> {
    const count = ++this.#commands;
    this.#qemu.child.stdin.write(`${command}\n`);
    const answer = new RegExp(`done ${count - 1} \\d+\n([^]*)done ${count} (\\d+)\n`);
    const [, output, status] = await this.#qemu.wrote('stdout', answer, PATIENCE);
    assert.equal(status, '0', `${command}\n${output}`);
    return output!;
  }

  async stop(): Promise<void> {
    await this.#qemu.kill('SIGKILL');
  }
}
