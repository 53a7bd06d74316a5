import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';
import type { Target } from './targets.ts';

/** Adds to `corpus` those inputs of `grown`, the shortest first, that reach code which it does not. @returns how many */
export async function keepReaching({ fuzz }: Target, grown: string, corpus: string): Promise<number> {
  const reach = await Reach.begin();
  mkdirSync(corpus, { recursive: true });
  for (const file of readdirSync(corpus)) {
    await fuzz(readFileSync(join(corpus, file)));
    await reach.grows();
  }
  const size = (file: string) => statSync(join(grown, file)).size;
  let kept = 0;
  for (const file of readdirSync(grown).sort((a, b) => size(a) - size(b))) {
    await fuzz(readFileSync(join(grown, file)));
    if (!(await reach.grows())) continue;
    copyFileSync(join(grown, file), join(corpus, file));
    kept++;
  }
  return kept;
}

/** What of `src` was run so far, to the character, as V8 knows it. */
class Reach {
  readonly #session: Session;
  readonly #run = new Map<string, Uint8Array>();

  private constructor(session: Session) {
    this.#session = session;
  }

  static async begin(): Promise<Reach> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    return new Reach(session);
  }

  /** Whether something ran since the last call that had not before. */
  async grows(): Promise<boolean> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    let isNew = false;
    for (const { url, functions } of result) {
      if (!/\/src\/.*\.ts$/.test(url)) continue;
      const ranges = functions.flatMap((one) => one.ranges);
      const now = new Uint8Array(Math.max(0, ...ranges.map(({ endOffset }) => endOffset)));
      // Outer ranges come before those within them, which have counts of their own.
      for (const { startOffset, endOffset, count } of ranges)
        now.fill(Math.min(count, 1), startOffset, endOffset);
      isNew = this.#add(url, now) || isNew;
    }
    return isNew;
  }

  #add(url: string, now: Uint8Array): boolean {
    const before = this.#run.get(url) ?? new Uint8Array(0);
    const all = new Uint8Array(Math.max(before.length, now.length));
    all.set(before);
    let isNew = false;
    now.forEach((hit, at) => {
      if (hit === 0 || all[at] === 1) return;
      all[at] = 1;
      isNew = true;
    });
    this.#run.set(url, all);
    return isNew;
  }
}
