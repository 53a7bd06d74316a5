/** Visits within one hour or day. */
export interface Period {
  /** When it began, UTC. */
  start: Date;
  visits: number;
}

/** What a tally's file holds: the number of each hour and day since 1970, and each page, with its visits. */
export interface TallyRecord {
  hours: [number, number][];
  days: [number, number][];
  pages: [string, number][];
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Hours, days and pages that are told apart. */
const MOST_HOURS = 48;
const MOST_DAYS = 366;
const MOST_PAGES = 100;
/** Of a page's path, in characters. */
const LONGEST_PATH = 200;
/** What visits to all further pages are counted under: it is no path. */
const OTHER_PAGES = 'other pages';

/** Visits by hour, by day and by page, in bounded memory: the latest hours and days, and the pages seen first. */
export class Tally {
  readonly #hours: Periods;
  readonly #days: Periods;
  readonly #pages: Map<string, number>;

  constructor({ hours, days, pages }: TallyRecord = { hours: [], days: [], pages: [] }) {
    this.#hours = new Periods(HOUR, MOST_HOURS, hours);
    this.#days = new Periods(DAY, MOST_DAYS, days);
    this.#pages = new Map(pages);
  }

  /** @param time ms since 1970 */
  add(page: string, time: number): void {
    this.#hours.add(time);
    this.#days.add(time);
    const isNew = !this.#pages.has(page);
    const name = isNew && (this.#pages.size >= MOST_PAGES || page.length > LONGEST_PATH) ? OTHER_PAGES : page;
    this.#pages.set(name, (this.#pages.get(name) ?? 0) + 1);
  }

  /** The latest `count` hours, the oldest first; the last of them is not over. */
  hours(count: number, now = Date.now()): Period[] {
    return this.#hours.latest(count, now);
  }

  /** The latest `count` days, the oldest first; the last of them is not over. */
  days(count: number, now = Date.now()): Period[] {
    return this.#days.latest(count, now);
  }

  /** The pages, the most visited first. */
  pages(): { path: string; visits: number }[] {
    const pages = Array.from(this.#pages, ([path, visits]) => ({ path, visits }));
    return pages.sort((a, b) => b.visits - a.visits);
  }

  toJSON(): TallyRecord {
    return { hours: this.#hours.entries(), days: this.#days.entries(), pages: [...this.#pages] };
  }
}

/** Visits by the number of the hour or day since 1970. */
class Periods {
  readonly #length: number;
  readonly #most: number;
  readonly #visits: Map<number, number>;

  constructor(length: number, most: number, visits: [number, number][]) {
    this.#length = length;
    this.#most = most;
    this.#visits = new Map(visits);
  }

  add(time: number): void {
    const number = Math.floor(time / this.#length);
    this.#visits.set(number, (this.#visits.get(number) ?? 0) + 1);
    if (this.#visits.size > this.#most) this.#visits.delete(this.#farthestFrom(number));
  }

  /** As a rule the oldest; but where the clock was wrong once, those that have not come yet must not stay for ever. */
  #farthestFrom(number: number): number {
    return Array.from(this.#visits.keys()).reduce((a, b) =>
      Math.abs(a - number) >= Math.abs(b - number) ? a : b,
    );
  }

  latest(count: number, now: number): Period[] {
    const first = Math.floor(now / this.#length) - count + 1;
    return Array.from({ length: count }, (_, i) => ({
      start: new Date((first + i) * this.#length),
      visits: this.#visits.get(first + i) ?? 0,
    }));
  }

  entries(): [number, number][] {
    return [...this.#visits];
  }
}
