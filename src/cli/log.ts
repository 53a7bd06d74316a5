import pino, { type Logger } from 'pino';

/** What is kept for a stdout that takes nothing for a while, in characters. */
const LONGEST_BACKLOG = 1_000_000;

/**
 * A logger to stdout: readable on a terminal, JSON lines elsewhere. Written at once, so that nothing is lost at
 * exit. A stdout that takes nothing any more, such as a file on a full disk, ends no server: lines wait for it.
 */
export async function createLog(level: string): Promise<Logger> {
  const destination = pino.destination({ fd: 1, sync: true, maxLength: LONGEST_BACKLOG });
  destination.on('error', () => {});
  if (!process.stdout.isTTY) return pino({ level, base: null }, destination);
  const { default: pretty } = await import('pino-pretty');
  return pino(
    { level, base: null },
    pretty({ destination, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}
