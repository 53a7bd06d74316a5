import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stack } from '../../src/ip/stack.ts';
import { connect } from '../../src/node/connect.ts';
import { listen } from '../../src/node/listen.ts';
import type { TcpSocket } from '../../src/node/socket.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { A, B } from '../support/wire.ts';
import { octetAt } from './application.ts';
import { Dice } from './dice.ts';
import { Host } from './host.ts';
import { impairedWire } from './impaired-wire.ts';
import { drawScenario } from './scenario.ts';
import { Trace } from './trace.ts';

const SEEDS = 60;
const PORT = 80;
/** Virtual time after which whoever still waits is a failure, ms. */
const PATIENCE = 3_600_000;

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`sockets over a bad wire get back what they sent, seed ${seed}`, () => runEchoes(seed));
}

/** Clients send to a server that sends all back; some give up. */
async function runEchoes(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const clock = new VirtualClock();
  const trace = new Trace();
  const scenario = drawScenario(dice);
  const wire = impairedWire(scenario, clock, dice.fork(), trace);
  const buffers = { sendBuffer: dice.magnitude(500, 70_000), receiveBuffer: dice.magnitude(500, 70_000) };
  const options = { userTimeout: PATIENCE, ...buffers };
  const random = (count: number) => dice.bytes(count);
  const a = new Stack({ ...scenario.options.a, ...options, maxConnections: 100, address: A, random });
  const b = new Stack({ ...scenario.options.b, ...options, maxConnections: 100, address: B, random });
  for (const [stack, line] of [
    [a, wire.a],
    [b, wire.b],
  ] as const)
    new Host(stack, line, clock, true);

  const open = new Set<TcpSocket>();
  const track = (socket: TcpSocket) => {
    open.add(socket.once('close', () => open.delete(socket)));
    return socket;
  };
  listen(b, PORT, (socket) =>
    track(socket)
      .on('error', () => {})
      .pipe(socket),
  );
  const clients = Array.from(
    { length: dice.integer(1, 4) },
    () => new Client(track(connect(a, { address: B, port: PORT })), dice),
  );

  while (open.size > 0 && clock.now() < PATIENCE) await step(clock);
  wire.repair();
  const end = clock.now() + PATIENCE;
  while (clock.next <= end) await step(clock);
  for (const client of clients) client.check();
  assert.equal(open.size, 0, `sockets are still open\n${trace}`);
  assert.equal(a.connectionCount + b.connectionCount, 0, 'connections are left');
}

/** Streams run in turns of the event loop, between the events of virtual time. */
async function step(clock: VirtualClock): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  if (clock.next !== Infinity) clock.advance(clock.next - clock.now());
}

class Client {
  readonly #size: number;
  readonly #fate: 'end' | 'destroy' | 'reset';
  readonly #stream: number;
  #received = 0;
  #ended = false;
  #error: NodeJS.ErrnoException | undefined;

  constructor(socket: TcpSocket, dice: Dice) {
    this.#size = dice.magnitude(1, 8000);
    this.#fate = dice.pick(['end', 'end', 'end', 'destroy', 'reset']);
    this.#stream = socket.localPort;
    const giveUpAt = this.#fate === 'end' ? Infinity : dice.integer(0, this.#size);
    socket.on('data', (data: Buffer) => {
      this.#take(data);
      if (this.#received < giveUpAt) return;
      if (this.#fate === 'reset') socket.resetAndDestroy();
      else socket.destroy();
    });
    socket.on('end', () => {
      this.#ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error;
    });
    for (let at = 0; at < this.#size; ) {
      const length = Math.min(dice.magnitude(1, 3000), this.#size - at);
      socket.write(Uint8Array.from({ length }, (_, i) => octetAt(this.#stream, at + i)));
      at += length;
    }
    socket.end();
  }

  check(): void {
    if (this.#fate !== 'end') return;
    assert.equal(this.#error, undefined);
    assert.ok(this.#ended, 'the end came');
    assert.equal(this.#received, this.#size, 'all came back');
  }

  #take(data: Buffer): void {
    for (let i = 0; i < data.length; i++)
      assert.equal(
        data[i],
        octetAt(this.#stream, this.#received + i),
        `octet ${this.#received + i} is wrong`,
      );
    this.#received += data.length;
  }
}
