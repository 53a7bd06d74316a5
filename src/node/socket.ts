import { Duplex } from 'node:stream';
import type { Connection, ConnectionError } from '../tcp/connection.ts';
import type { State } from '../tcp/state.ts';
import { formatAddress } from '../wire/address.ts';

type Callback = (error?: Error | null) => void;

const NOTHING: Callback = () => {};

/** An error as `net.Socket` would give it. */
function socketError(code: ConnectionError, syscall: string, socket: TcpSocket): NodeJS.ErrnoException {
  const { remoteAddress: address, remotePort: port } = socket;
  return Object.assign(new Error(`${syscall} ${code} ${address}:${port}`), { code, syscall, address, port });
}

/**
 * A TCP connection as a stream: half-open is allowed, and so much of `net.Socket` is here as
 * `node:http` and its users touch. `end()` sends FIN after what was written; `destroy()` is close(2);
 * `resetAndDestroy()` sends RST.
 */
export class TcpSocket extends Duplex {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localFamily = 'IPv4';
  readonly remoteFamily = 'IPv4';
  /** True until the handshake of a `connect()` is done. */
  connecting: boolean;
  bytesRead = 0;
  bytesWritten = 0;
  /** Milliseconds of silence after which 'timeout' is emitted; 0 when off. */
  timeout = 0;

  readonly #connection: Connection;
  /** Whom to tell when so many bytes have been acknowledged, in their order. */
  #deliveries: { bytes: number; callback: () => void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** What `_write` could not hand over yet, and whom to tell when it could. */
  #rest: Uint8Array | undefined;
  #written: Callback = NOTHING;
  #reading = false;
  #aborting = false;

  /** Sockets come from `connect` and `listen`. @internal */
  constructor(connection: Connection) {
    super({ allowHalfOpen: true });
    this.#connection = connection;
    connection.user = {
      opened: () => this.#opened(),
      readable: () => this.#readable(),
      writable: () => this.#acknowledged(),
      closed: (error) => this.#closed(error),
    };
    this.localAddress = formatAddress(connection.tcp.settings.address);
    this.localPort = connection.localPort;
    this.remoteAddress = formatAddress(connection.remoteAddress);
    this.remotePort = connection.remotePort;
    this.connecting = connection.state === 'SYN-SENT';
  }

  /** The connection's state, spelled as in RFC 9293. */
  get state(): State {
    return this.#connection.state;
  }

  get pending(): boolean {
    return this.connecting;
  }

  address(): { address: string; family: string; port: number } {
    return { address: this.localAddress, family: this.localFamily, port: this.localPort };
  }

  setNoDelay(noDelay = true): this {
    this.#connection.setNoDelay(noDelay);
    return this;
  }

  /** Probes a silent peer; `initialDelay` in ms, two hours unless set (RFC 9293 §3.8.4). */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#connection.setKeepAlive(enable ? initialDelay || 7_200_000 : 0);
    return this;
  }

  /** Emits 'timeout' after `ms` of silence; the socket stays as it is. */
  setTimeout(ms: number, callback?: () => void): this {
    clearTimeout(this.#timer);
    this.timeout = ms;
    this.#timer = ms > 0 ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined;
    if (callback) {
      if (ms > 0) this.once('timeout', callback);
      else this.off('timeout', callback);
    }
    return this;
  }

  /** Calls back once the peer has acknowledged all that was written so far; never where the connection ends before. */
  onceDelivered(callback: () => void): void {
    if (this.#connection.sendBuffer) this.#deliveries.push({ bytes: this.bytesWritten, callback });
    else callback();
  }

  /** For the users of `net.Socket`: the driver's timer alone keeps the process alive. */
  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** Sends RST and destroys the stream. */
  resetAndDestroy(): this {
    this.#aborting = true;
    return this.destroy();
  }

  override _read(): void {
    this.#reading = true;
    this.#readable();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: Callback): void {
    this.#rest = chunk;
    this.#written = written;
    this.#handOver();
  }

  /** CLOSE in SYN-SENT would forget the connection and what was written (RFC 9293 §3.10.4): it waits. */
  override _final(finished: Callback): void {
    if (this.connecting) return void this.once('connect', () => this._final(finished));
    this.#connection.close();
    finished();
  }

  override _destroy(error: Error | null, destroyed: Callback): void {
    clearTimeout(this.#timer);
    // An error does not reset: node:http writes its 408 or 400 and destroys the socket with the reason.
    if (this.#aborting) this.#connection.abort();
    else this.#connection.release();
    destroyed(error);
  }

  #opened(): void {
    if (!this.connecting) return;
    this.connecting = false;
    this.#active();
    this.emit('connect');
    this.emit('ready');
  }

  /** Hands received text on until the application has enough, then the end. */
  #readable(): void {
    while (this.#reading) {
      const text = this.#connection.receive();
      if (text === undefined) break;
      this.bytesRead += text.length;
      this.#active();
      this.#reading = this.push(text);
    }
    const isDrained = this.#connection.receiveBuffer === undefined;
    if (this.#reading && this.#connection.finReceived && isDrained) {
      this.#reading = false;
      this.push(null);
    }
  }

  #acknowledged(): void {
    const acknowledged = this.bytesWritten - (this.#connection.sendBuffer?.length ?? 0);
    while (this.#deliveries.length > 0 && this.#deliveries[0]!.bytes <= acknowledged) {
      this.#deliveries.shift()!.callback();
    }
    this.#handOver();
  }

  /** The write is done once the send buffer has taken all of it. */
  #handOver(): void {
    if (this.#rest === undefined) return;
    const taken = this.#connection.send(this.#rest);
    this.bytesWritten += taken;
    if (taken > 0) this.#active();
    if (taken < this.#rest.length) {
      this.#rest = this.#rest.subarray(taken);
      return;
    }
    const written = this.#written;
    this.#rest = undefined;
    written();
  }

  #closed(code: ConnectionError | undefined): void {
    if (code) this.destroy(socketError(code, this.connecting ? 'connect' : 'read', this));
    // Closed by both sides, the stream ends by itself; closed by the stack, it can no longer.
    else if (!this.#connection.finReceived || !this.writableFinished) this.destroy();
  }

  #active(): void {
    this.#timer?.refresh();
  }
}
