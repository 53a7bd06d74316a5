import {
  parseScriptIcmp,
  parseScriptSegment,
  type ScriptIcmp,
  type ScriptSegment,
} from '../support/packet.ts';

/** When something happens: absolute or relative to the event before, in ms; a packet may have until `latest`. */
export interface When {
  relative: boolean;
  earliest: number;
  latest: number;
}

export type Event =
  | { kind: 'in'; packet: ScriptSegment | ScriptIcmp; port: number | undefined }
  | { kind: 'out'; packet: ScriptSegment; port: number | undefined }
  | { kind: 'call'; name: string; arguments: string[]; result: string | undefined }
  | { kind: 'assert'; name: string; fd: number | undefined; value: string };

/** One line: what it says happens at one time, in this order, before the stack has a turn to send. */
export interface Step {
  line: number;
  text: string;
  when: When;
  events: Event[];
}

export interface Script {
  title: string;
  options: Map<string, string>;
  steps: Step[];
}

/**
 * Reads a script: packetdrill's notation, with what is not needed here left out. Lines are
 *
 *     --name=value                    options of the stack and of the script, before anything else
 *     TIME < SEGMENT                  the remote end sends
 *     TIME > SEGMENT                  the stack sends; `win` and options `<...>` are checked where given
 *     TIME < icmp TYPE CODE [SEGMENT] the remote end complains of a segment
 *     TIME name(arguments) = result   the application calls
 *     TIME = name value               something must be so: a connection's state or a counter
 *     TIME established N <options> win N   stands for a handshake; so does `connected` (see PRELUDES)
 *
 * TIME is in seconds: `1.5`, `+.1` after the line before, `+0~+1` for a range, `*` for any. A segment may name the
 * remote port: `< port 50001 S 0:0(0) win 1000`. `1:3001(3*1000)` stands for three segments. Events joined by `;`
 * happen before the stack has a turn.
 *
 * @throws {Error} for anything else
 */
export function parseScript(source: string): Script {
  const script: Script = { title: '', options: new Map(), steps: [] };
  const lines = source.split('\n').map((text, i) => ({ text: text.trim(), line: i + 1 }));
  script.title = /^\/\/ (.+)/.exec(lines[0]?.text ?? '')?.[1] ?? '';
  if (script.title === '') throw new Error('the first line is to be a comment that says what is shown');
  for (const { text, line } of lines) {
    const code = text.replace(/\s*\/\/.*$/, '');
    if (code === '') continue;
    const option = /^--(\w+)=(\S+)$/.exec(code);
    if (option) script.options.set(option[1]!, option[2]!);
    else for (const expanded of expand(code)) script.steps.push(parseStep(expanded, line));
  }
  return script;
}

const TIME = /^(\*|\+?\d*\.?\d+(?:~\+?\d*\.?\d+)?)\s+(.+)$/;

function parseStep(text: string, line: number): Step {
  const [, time, rest] = TIME.exec(text) ?? [];
  if (time === undefined) throw new Error(`line ${line}: not understood: ${text}`);
  try {
    return { line, text, when: parseTime(time), events: rest!.split(/\s*;\s*/).map(parseEvent) };
  } catch (error) {
    throw new Error(`line ${line}: ${(error as Error).message}`);
  }
}

function parseTime(time: string): When {
  if (time === '*') return { relative: true, earliest: 0, latest: Number.POSITIVE_INFINITY };
  const [first, last = first] = time.split('~');
  const [earliest, latest] = [milliseconds(first!), milliseconds(last!)];
  return { relative: time.startsWith('+'), earliest, latest };
}

function milliseconds(seconds: string): number {
  return Math.round(Number(seconds.replace('+', '')) * 1e6) / 1e3;
}

function parseEvent(text: string): Event {
  const packet = /^([<>]) (?:port (\d+) )?(.+)$/.exec(text);
  if (packet) return parsePacket(packet[1]!, packet[2], packet[3]!);
  const assertion = /^= (\w[\w-]*)(?:\((\d+)\))? (\S+)$/.exec(text);
  if (assertion) {
    const [, name, fd, value] = assertion;
    return { kind: 'assert', name: name!, fd: fd === undefined ? undefined : Number(fd), value: value! };
  }
  const call = /^(\w+)\(([^)]*)\)(?: = (.+))?$/.exec(text);
  if (!call) throw new Error(`not understood: ${text}`);
  const list = call[2]!.split(',').map((argument) => argument.trim());
  return { kind: 'call', name: call[1]!, arguments: list, result: call[3] };
}

function parsePacket(direction: string, port: string | undefined, notation: string): Event {
  const place = { port: port === undefined ? undefined : Number(port) };
  if (direction === '>') return { kind: 'out', packet: parseScriptSegment(notation), ...place };
  const isIcmp = notation.startsWith('icmp ');
  return { kind: 'in', packet: isIcmp ? parseScriptIcmp(notation) : parseScriptSegment(notation), ...place };
}

/** Handshakes with a round trip of `rtt` ms, shown in full by the scenarios that are about them. The socket of `established` is 4, that of `connected` 3. */
const PRELUDES: Record<string, (options: string, window: string, rtt: string) => string[]> = {
  established: (options, window, rtt) => [
    'socket(..., SOCK_STREAM, IPPROTO_TCP) = 3; bind(3, ..., ...) = 0; listen(3, 128) = 0',
    `< S 0:0(0) win ${window} <${options}>`,
    '> S. 0:0(0) ack 1 <...>',
    `+${rtt} < . 1:1(0) ack 1 win ${window}${timestampsIn(options)}`,
    'accept(3, ..., ...) = 4',
  ],
  connected: (options, window, rtt) => [
    'socket(..., SOCK_STREAM, IPPROTO_TCP) = 3; connect(3, ..., ...) = 0',
    '> S 0:0(0) <...>',
    `+${rtt} < S. 0:0(0) ack 1 win ${window} <${options}>`,
    '> . 1:1(0) ack 1 <...>',
  ],
};

/** Where a handshake negotiates timestamps, the third segment carries them too (RFC 7323 §3.2). */
function timestampsIn(options: string): string {
  const timestamps = /TS val \d+ ecr \d+/.exec(options)?.[0];
  return timestamps ? ` <nop,nop,${timestamps}>` : '';
}

const TRAIN = /^(\S+) (.*[<>].*) (P?\.) (\d+):(\d+)\((\d+)\*(\d+)\)(.*)$/;

/** `1:3001(3*1000)` is three segments; a PSH is the last one's. */
function expandTrain(code: string): string[] | undefined {
  const [, time, direction, flags, start, end, count, length, rest] = TRAIN.exec(code) ?? [];
  if (count === undefined) return undefined;
  const lines = Array.from({ length: Number(count) }, (_, i) => {
    const seq = Number(start) + i * Number(length);
    const isLast = i === Number(count) - 1;
    const next = isLast ? end : seq + Number(length);
    return `${i === 0 ? time : '+0'} ${direction} ${isLast ? flags : '.'} ${seq}:${next}(${length})${rest}`;
  });
  return lines;
}

function expand(code: string): string[] {
  const train = expandTrain(code);
  if (train) return train;
  const prelude = /^(\S+) (established|connected) <([^>]*)> win (\d+)(?: rtt (\S+))?$/.exec(code);
  if (!prelude) return [code];
  const [, time, name, options, window, rtt = '.1'] = prelude;
  return PRELUDES[name!]!(options!, window!, rtt).map((line, i) => {
    if (line.startsWith('+')) return line;
    return `${i === 0 ? time : '+0'} ${line}`;
  });
}
