import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why tests with ptys are skipped; false where they can run. */
export const noSocat =
  spawnSync('socat', ['-V']).status === 0 ? false : 'socat is not installed: it makes the pairs of ptys';

/** Two ptys joined like two serial ports by a null-modem cable, under paths that can go and come back. */
export class PtyPair {
  readonly folder = mkdtempSync(join(tmpdir(), 'pty-pair-'));
  readonly a = join(this.folder, 'a');
  readonly b = join(this.folder, 'b');
  #socat: ChildProcess | undefined;

  /** @param a @param b the paths, where they are not to be the pair's own */
  async plug(a = this.a, b = this.b): Promise<void> {
    const ends = [a, b].map((link) => `pty,raw,echo=0,link=${link}`);
    const socat = spawn('socat', ['-d', '-d', ...ends], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#socat = socat;
    for await (const text of socat.stderr) if (/starting data transfer/.test(text)) break;
    socat.stderr.resume();
  }

  /** Takes both devices away. */
  async unplug(): Promise<void> {
    const socat = this.#socat;
    this.#socat = undefined;
    if (!socat || socat.exitCode !== null) return;
    const exit = new Promise((resolve) => socat.once('exit', resolve));
    socat.kill();
    await exit;
  }

  async remove(): Promise<void> {
    await this.unplug();
    rmSync(this.folder, { recursive: true });
  }
}
