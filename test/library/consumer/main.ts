// Everything that is public, used with its types.
import { createServer } from 'node:http';
import {
  type CapturedDatagram,
  type Clock,
  type ConnectionInfo,
  type Counters,
  captureLine,
  connect,
  createPageServer,
  type Driver,
  drive,
  type Line,
  type ListenerHandle,
  listen,
  openSerialLine,
  openSocketLine,
  type PortError,
  type PortLine,
  ping,
  type SerialOptions,
  type SocketOptions,
  Stack,
  type State,
  systemClock,
  type TcpSocket,
  VirtualClock,
  VirtualLine,
  wire,
} from 'phpstack-ts';

const clock: Clock = systemClock;
const far = new Stack({
  address: '192.168.7.2',
  mtu: 1500,
  random: (count: number): Uint8Array => new Uint8Array(count).fill(7),
  maxConnections: 65_536,
  timestamps: false,
  sack: true,
  receiveBuffer: 65_535,
  sendBuffer: 65_535,
  initialRto: 1000,
});
const near = new Stack({ address: '192.168.7.1' });
const { a, b }: { a: PortLine; b: PortLine } = new VirtualLine({ baud: 115_200, clock, seed: 1 });
const drivers: Driver[] = [drive(near, a, { clock }), drive(far, b, { clock })];

const listener: ListenerHandle = listen(far, 7, (socket: TcpSocket) => void socket.pipe(socket), {
  deferAccept: false,
  backlog: 128,
});
const socket: TcpSocket = connect(near, { address: '192.168.7.2', port: 7, localPort: 4000 });
socket.setNoDelay().setKeepAlive(true, 60_000).setTimeout(10_000).ref().unref();
socket.end('echo');
let echoed = '';
for await (const chunk of socket as AsyncIterable<Buffer>) echoed += chunk;
const { remoteAddress, remotePort, localAddress, localPort, bytesRead, bytesWritten } = socket;
const state: State = socket.state;

const [connection]: ConnectionInfo[] = [...near.connections];
const counters: Counters = far.counters;
const { received }: { received: number } = await ping(near, a, { address: '192.168.7.2', count: 1 });
listener.close();
for (const driver of drivers) driver.stop();
near.close();

// The same without any I/O: time is a number.
const now = 0;
const datagram: Uint8Array | undefined = near.transmit(now);
if (datagram) far.receive(datagram, now);
const due: number = far.deadline();
far.expire(now);
far.onPending = () => {};
const reset = datagram && wire.parseIpv4(datagram, (reason) => void reason as undefined);

// What needs a device is refused in words.
const serial: SerialOptions = { path: '/dev/no-such-port', baud: 9600, flowControl: 'none', framing: 'auto' };
const behindSocket: SocketOptions = { path: 'unix:/no/such/socket' };
const openings = await Promise.allSettled<Line>([openSerialLine(serial), openSocketLine(behindSocket)]);
const codes = openings.map((opening) => opening.status === 'rejected' && (opening.reason as PortError).code);

const virtual = new VirtualClock();
const captured: PortLine = captureLine(new VirtualLine({ clock: virtual }).a, 'nothing.pcapng');
await captured.close();
const capture: CapturedDatagram[] = [];
createServer(createPageServer({})).close();

console.log(
  JSON.stringify({
    echoed,
    ends: [`${localAddress}:${localPort}`, `${remoteAddress}:${remotePort}`],
    bytes: [bytesRead, bytesWritten],
    state,
    connection: connection?.state,
    accepted: counters.connectionsAccepted,
    received,
    due: due === Number.POSITIVE_INFINITY ? 'never' : 'some time',
    reset: reset?.protocol === wire.Protocol.TCP,
    codes,
    capture,
  }),
);
process.exit();
