import { writeSync } from 'node:fs';

/** The alternate screen without a cursor, and back. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_REST_OF_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A whole terminal to draw on, with its keys; it is restored however the process exits. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
}

/** Whether there is a terminal to draw on and to read keys from. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && process.env.TERM !== 'dumb';
}

/** Takes the terminal over. @param onKey is called with each key, arrows as their escape sequences */
export function takeTerminal(onKey: (key: string) => void): Screen {
  const { stdin, stdout } = process;
  stdin.setRawMode(true).setEncoding('utf8');
  stdin.on('data', (text: string) => {
    // Several keys may come at once.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins what an arrow sends
    for (const [key] of text.matchAll(/\x1b\[[A-D]|[\s\S]/gu)) onKey(key);
  });
  process.on('exit', () => {
    stdin.setRawMode(false);
    writeSync(stdout.fd, LEAVE);
  });
  stdout.write(ENTER);
  return {
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    draw: (lines) => {
      stdout.write(HOME + lines.map((line) => line + CLEAR_REST_OF_LINE).join('\r\n') + CLEAR_BELOW);
    },
  };
}
