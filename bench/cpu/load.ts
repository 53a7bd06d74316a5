/** How many visits `cpu.ts` has come at once, and in a round; and how many rounds warm up, and are measured. */
export const AT_ONCE = 50;
export const VISITS = 5_000;
export const WARM_UP = 8;
export const ROUNDS = 31;
