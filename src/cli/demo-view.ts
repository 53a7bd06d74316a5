import pino, { type Logger } from 'pino';
import { capacityOf, sum } from '../admin/view.ts';
import { DAMAGE } from '../doctor/symptoms.ts';
import type { Stack } from '../ip/stack.ts';
import type { VirtualLine } from '../line/virtual-line.ts';
import { timingFor } from '../timing.ts';
import { type DemoSnapshot, drawDemo, Meter, wishOf } from './demo-screen.ts';
import { mtuFor } from './options.ts';
import { type Screen, takeTerminal } from './terminal.ts';

/** From one picture to the next, in ms. */
const INTERVAL = 250;
/** How much is kept of the use of the line, and of the log. */
const HISTORY = 400;
const LOG_LINES = 50;

/** The demo on a terminal: a picture of the line, and keys that change it. */
export class DemoView {
  /** Its lines are part of the picture. */
  readonly log: Logger;
  readonly #lines: string[] = [];
  #visitor: number | undefined;
  readonly #meters = { toBrowser: new Meter(HISTORY), fromBrowser: new Meter(HISTORY) };
  // Set by start(), before which nothing is drawn.
  #screen!: Screen;
  #url!: string;
  #line!: VirtualLine;
  /** The server's, and the far end's. */
  #stacks!: readonly [Stack, Stack];

  constructor() {
    this.log = pino(
      { level: 'info', base: null },
      { write: (text: string) => this.#logged(JSON.parse(text)) },
    );
  }

  /** Takes the terminal over. `a` is the browser's end of the line, `b` the server's. */
  start(url: string, line: VirtualLine, server: Stack, farEnd: Stack): void {
    this.#url = url;
    this.#line = line;
    this.#stacks = [server, farEnd];
    this.#screen = takeTerminal((key) => this.#press(key));
    setInterval(() => this.#tick(), INTERVAL);
    this.#tick();
  }

  #press(key: string): void {
    const line = this.#line;
    const wish = wishOf(key, { baud: line.baud, errorRate: line.aToB.errorRate });
    if (wish === undefined) return;
    if (wish === 'quit') process.kill(process.pid, 'SIGINT');
    else if ('baud' in wish) setSpeed(line, this.#stacks, wish.baud);
    else line.aToB.errorRate = line.bToA.errorRate = wish.errorRate;
    this.#draw();
  }

  #tick(): void {
    const { a, b, baud } = this.#line;
    const capacity = (capacityOf(baud) * INTERVAL) / 1000;
    this.#meters.toBrowser.tick(b.counters['bytes-sent'], capacity);
    this.#meters.fromBrowser.tick(a.counters['bytes-sent'], capacity);
    this.#draw();
  }

  #draw(): void {
    const line = this.#line;
    const stacks = this.#stacks;
    const counters = [line.a.counters, line.b.counters, ...stacks.map((stack) => stack.counters)];
    const snapshot: DemoSnapshot = {
      url: this.#url,
      baud: line.baud,
      errorRate: line.aToB.errorRate,
      mtu: mtuFor(line.baud),
      toBrowser: this.#meters.toBrowser.shares,
      fromBrowser: this.#meters.fromBrowser.shares,
      connections: stacks[0].connectionCount,
      visitor: this.#visitor,
      retransmissions: sum(stacks.map((stack) => stack.counters.retransmissions)),
      damaged: sum(counters.map(damagedIn)),
      log: this.#lines,
    };
    this.#screen.draw(drawDemo(snapshot, this.#screen.columns));
  }

  #logged({ msg, method, path, status, bytes, ms, visitor }: Record<string, unknown>): void {
    if (typeof visitor === 'number') this.#visitor = visitor;
    const isRequest = method !== undefined;
    this.#lines.push(isRequest ? `${method} ${path} ${status}, ${bytes} bytes in ${ms} ms` : String(msg));
    if (this.#lines.length > LOG_LINES) this.#lines.shift();
  }
}

/** Connections that are open keep their segments' size, and learn the new times by and by. */
function setSpeed(line: VirtualLine, stacks: readonly Stack[], baud: number): void {
  line.baud = baud;
  const mtu = mtuFor(baud);
  for (const stack of stacks) stack.retune({ mtu, ...timingFor({ baud, mtu }) });
}

function damagedIn(counters: Readonly<Record<string, number>>): number {
  return sum(DAMAGE.map((reason) => counters[reason] ?? 0));
}
