import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Stack } from '../src/ip/stack.ts';
import type { Line } from '../src/line/line.ts';
import { openSerialLine } from '../src/line/serial.ts';
import { connect } from '../src/node/connect.ts';
import { drive } from '../src/node/drive.ts';
import { scratchFolder } from '../test/e2e/support/daemon.ts';
import { PtyPair } from '../test/support/pty-pair.ts';
import { CLIENT, SERVER } from './pair.ts';
import { quantile, type Result } from './result.ts';

const RUNS = 11;
const PROGRAM = fileURLToPath(new URL('../bin/phpstack-ts.js', import.meta.url));
/** Between a SYN and the same SYN again, in ms: nobody knows when the program opens its port. */
const SYN_INTERVAL = 4;

/** From the start of the built program to the last byte of its front page, over a pty. */
export async function start(): Promise<Result[]> {
  const starts: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    bare.push(await bareStart());
    starts.push(await firstPage());
  }
  return [
    {
      what: 'process start to the end of the first page',
      value: quantile(starts, 0.5),
      unit: 'ms',
      beside: { name: 'node -e 0, which takes', value: quantile(bare, 0.5) },
      goal: { relation: '≤', value: 300 },
    },
  ];
}

async function bareStart(): Promise<number> {
  const startedAt = performance.now();
  await once(spawn(process.execPath, ['-e', '0']), 'exit');
  return performance.now() - startedAt;
}

async function firstPage(): Promise<number> {
  const ptys = new PtyPair();
  await ptys.plug();
  const line = await openSerialLine({ path: ptys.b, baud: 0 });
  const state = scratchFolder();
  const startedAt = performance.now();
  const program = spawn(process.execPath, [PROGRAM, '--port', ptys.a, '--state', state], { stdio: 'ignore' });
  try {
    await Promise.race([visit(line), failure(program)]);
    return performance.now() - startedAt;
  } finally {
    program.kill('SIGKILL');
    await line.close();
    await ptys.remove();
  }
}

/** Gets the front page. The SYN goes out again and again until it is answered. */
async function visit(line: Line): Promise<void> {
  const stack = new Stack({ address: CLIENT });
  const socket = connect(stack, { address: SERVER, port: 80 });
  const syn = stack.transmit(performance.now())!.slice();
  const driver = drive(stack, line);
  const repeating = setInterval(() => line.send(syn), SYN_INTERVAL);
  const receive = line.onDatagram;
  line.onDatagram = (datagram) => {
    clearInterval(repeating);
    receive(datagram);
  };
  socket.write(`GET / HTTP/1.1\r\nHost: ${SERVER}\r\nConnection: close\r\n\r\n`);
  try {
    const page = Buffer.concat(await socket.toArray()).toString();
    if (!/^HTTP\/1.1 200 .*visitor/s.test(page)) throw new Error(`not the front page: ${page}`);
  } finally {
    clearInterval(repeating);
    driver.stop();
  }
}

async function failure(program: ChildProcess): Promise<never> {
  const [status] = await once(program, 'exit');
  throw new Error(`the program ended with exit status ${status}; is it built (npm run build)?`);
}
