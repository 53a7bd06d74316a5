import assert from 'node:assert/strict';
import { Stack, type StackOptions } from '../../src/ip/stack.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { IPV4_HEADER_LENGTH } from '../../src/wire/ipv4.ts';
import {
  buildRemoteIcmp,
  buildRemoteSegment,
  type Ends,
  renderLocalSegment,
  renderScriptSegment,
} from '../support/packet.ts';
import { A, B, fixedRandom } from '../support/wire.ts';
import { Application } from './application.ts';
import { type Event, parseScript, type Script, type Step } from './script.ts';

const REMOTE_PORT = 50_000;
/** Longest that a `*` waits for a packet, ms. */
const PATIENCE = 3_600_000;

const FLAGS = { on: true, off: false } as Record<string, boolean>;
/** What `--name=value` lines may set of the stack. */
const NUMBERS = ['mtu', 'receiveBuffer', 'sendBuffer', 'initialRto', 'minRto', 'baud', 'maxConnections'];
const SWITCHES = ['sack', 'timestamps'];

interface Sent {
  at: number;
  datagram: Uint8Array;
}

/** Runs a script against a stack under virtual time. @throws {assert.AssertionError} where it differs */
export function runScript(name: string, source: string): void {
  new Run(name, parseScript(source)).run();
}

class Run {
  readonly #name: string;
  readonly #script: Script;
  readonly #stack: Stack;
  readonly #application: Application;
  readonly #ends: Ends;
  /** What the stack sent and no line has asked for yet. */
  readonly #sent: Sent[] = [];
  /** What happened, for the reader of a failure. */
  readonly #trace: string[] = [];
  #now = 0;
  /** The time of the line before. */
  #previous = 0;
  #step!: Step;

  constructor(name: string, script: Script) {
    this.#name = name;
    this.#script = script;
    this.#stack = new Stack(stackOptions(script.options));
    this.#ends = {
      localPort: Number(script.options.get('localPort') ?? 80),
      // Both wrap early, unless the script says where they stand.
      localIsn: Number(script.options.get('localIsn') ?? 2 ** 32 - 10),
      remoteIsn: Number(script.options.get('remoteIsn') ?? 2 ** 32 - 500),
    };
    this.#stack.tcp.newIss = () => this.#ends.localIsn | 0;
    const remote = { address: parseAddress(A), port: REMOTE_PORT };
    this.#application = new Application(this.#stack, this.#ends.localPort, remote);
  }

  run(): void {
    for (const step of this.#script.steps) {
      this.#step = step;
      const isOutput = step.events.every((event) => event.kind === 'out');
      if (isOutput) this.#expect(step);
      else this.#do(step);
    }
    this.#nothingUnexpected(Number.POSITIVE_INFINITY);
  }

  /** Lets the time come, then makes happen what the line says. */
  #do(step: Step): void {
    const { earliest, latest, relative } = step.when;
    if (earliest !== latest) this.#fail('only what the stack sends may have a range of times');
    const at = relative ? this.#previous + earliest : earliest;
    if (at < this.#now) this.#fail(`time goes back from ${seconds(this.#now)}`);
    this.#advance(at);
    this.#nothingUnexpected(at);
    this.#previous = at;
    for (const event of step.events) this.#happen(event);
    this.#pull();
  }

  #happen(event: Event): void {
    if (event.kind === 'out') return this.#fail('what the stack sends needs a line of its own');
    if (event.kind === 'in') return this.#arrive(event);
    const { kind, name } = event;
    const text = kind === 'call' ? event.result : event.value;
    const actual = this.#try(() =>
      kind === 'call' ? this.#application.call(name, event.arguments) : this.#application.read(event),
    );
    if (kind === 'call')
      this.#trace.push(`${seconds(this.#now)} ${name}(${event.arguments.join(', ')}) = ${actual}`);
    if (text !== undefined && text !== actual) this.#fail('', `${name} ${text}`, `${name} ${actual}`);
  }

  #arrive(event: Event & { kind: 'in' }): void {
    const { packet } = event;
    const port = event.port ?? REMOTE_PORT;
    const isIcmp = 'type' in packet;
    const notation = isIcmp ? `icmp ${packet.type}/${packet.code}` : renderScriptSegment(packet);
    this.#trace.push(`${seconds(this.#now)} < ${notation}`);
    const datagram = (isIcmp ? buildRemoteIcmp : buildRemoteSegment)(packet as never, this.#ends, port);
    this.#stack.receive(datagram, this.#now);
    datagram.fill(0xee); // receive() keeps no reference
  }

  /** The stack is to have sent, in its time, what the line says. */
  #expect(step: Step): void {
    const { earliest, latest, relative } = step.when;
    const base = relative ? this.#previous : 0;
    for (const event of step.events as (Event & { kind: 'out' })[]) {
      const expected = renderScriptSegment(event.packet);
      this.#waitForPacket(Math.min(base + latest, this.#now + PATIENCE));
      const sent = this.#sent.shift();
      if (!sent) return this.#fail('', `${seconds(base + earliest)} > ${expected}`, 'nothing');
      const actual = this.#try(() => renderLocalSegment(sent.datagram, this.#ends, event.packet));
      const port = (sent.datagram[IPV4_HEADER_LENGTH + 2]! << 8) | sent.datagram[IPV4_HEADER_LENGTH + 3]!;
      const inTime = sent.at >= base + earliest && sent.at <= base + latest;
      if (actual !== expected || !inTime || port !== (event.port ?? REMOTE_PORT)) {
        const to = port === (event.port ?? REMOTE_PORT) ? '' : ` to port ${port}`;
        this.#fail('', `${seconds(base + earliest)} > ${expected}`, `${seconds(sent.at)} > ${actual}${to}`);
      }
      this.#previous = sent.at;
    }
  }

  #waitForPacket(until: number): void {
    while (this.#sent.length === 0 && this.#stack.deadline() <= until) this.#advance(this.#stack.deadline());
    if (this.#sent.length === 0 && until < this.#now + PATIENCE) this.#advance(until);
  }

  /** Runs what falls due until `at`. */
  #advance(at: number): void {
    while (this.#stack.deadline() <= at) {
      this.#now = Math.max(this.#now, this.#stack.deadline());
      this.#stack.expire(this.#now);
      this.#pull();
    }
    this.#now = Math.max(this.#now, at);
  }

  /** The line is never busy: what the stack has to send goes at once. */
  #pull(): void {
    for (
      let datagram = this.#stack.transmit(this.#now);
      datagram;
      datagram = this.#stack.transmit(this.#now)
    ) {
      const packet = datagram;
      this.#sent.push({ at: this.#now, datagram });
      this.#trace.push(`${seconds(this.#now)} > ${this.#try(() => renderLocalSegment(packet, this.#ends))}`);
    }
  }

  #nothingUnexpected(before: number): void {
    const [sent] = this.#sent;
    if (!sent || sent.at >= before) return;
    this.#fail('', 'nothing', `${seconds(sent.at)} > ${renderLocalSegment(sent.datagram, this.#ends)}`);
  }

  #try<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      return this.#fail((error as Error).message);
    }
  }

  #fail(reason: string, expected?: string, actual?: string): never {
    const { line, text } = this.#step;
    const difference = expected === undefined ? '' : `\n  expected  ${expected}\n  was       ${actual}`;
    const trace = this.#trace.slice(-25).map((entry) => `\n    ${entry}`);
    const message = `${this.#name}:${line}: ${text}\n  ${reason}${difference}\n  what happened:${trace.join('')}`;
    throw new assert.AssertionError({ message, expected, actual, operator: 'scenario' });
  }
}

function stackOptions(options: Map<string, string>): StackOptions {
  const chosen: Record<string, unknown> = { address: B, random: fixedRandom(1) };
  for (const [name, value] of options) {
    if (NUMBERS.includes(name)) chosen[name] = Number(value);
    else if (SWITCHES.includes(name) && value in FLAGS) chosen[name] = FLAGS[value];
    else if (!['localIsn', 'remoteIsn', 'localPort'].includes(name))
      throw new Error(`unknown option: --${name}=${value}`);
  }
  return chosen as unknown as StackOptions;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
