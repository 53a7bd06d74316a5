/** Time and timers, handed to whatever needs them, so that tests and simulations can run under virtual time. */
export interface Clock {
  /** Monotonic time in ms, possibly fractional; its origin means nothing. */
  now(): number;
  /** Runs `callback` once, `ms` from now; returns a handle for `clearTimeout`. */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Longest that a timer of Node's can wait, in ms: it would run a longer one at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout),
};
