import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

/** A logger to stdout: readable on a terminal, JSON lines elsewhere. Written at once, so that nothing is lost at exit. */
export function createLog(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level, base: null }, pino.destination({ fd: 1, sync: true }));
  return pino(
    { level, base: null },
    pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' }),
  );
}
