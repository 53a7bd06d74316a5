import { bodyOf, SERVER } from '../pair.ts';

/** What the servers of `cpu.ts` serve, to whom, and how often. */
export const PAGE = bodyOf(1200);
export const REQUEST = `GET / HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: close\r\n\r\n`;
export const AT_ONCE = 50;
/** Visits of a round; and how many rounds warm up, and are measured. */
export const VISITS = 10_000;
export const WARM_UP = 4;
export const ROUNDS = 11;
