import pino, { type Logger } from 'pino';

/** A logger to stdout: readable on a terminal, JSON lines elsewhere. Written at once, so that nothing is lost at exit. */
export async function createLog(level: string): Promise<Logger> {
  if (!process.stdout.isTTY) return pino({ level, base: null }, pino.destination({ fd: 1, sync: true }));
  const { default: pretty } = await import('pino-pretty');
  return pino(
    { level, base: null },
    pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}
