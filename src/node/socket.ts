import { Duplex } from 'node:stream';
import { LONGEST_TIMER } from '../clock.ts';
import type { Connection, ConnectionError } from '../tcp/connection.ts';
import type { State } from '../tcp/state.ts';
import { formatAddress } from '../wire/address.ts';
import { view } from '../wire/bytes.ts';

type Callback = (error?: Error | null) => void;

const NOTHING: Callback = () => {};

/** Where strings are encoded, one after the other, since a connection copies what it takes; in bytes. */
const scratch = Buffer.allocUnsafeSlow(65_536);
/** As many units of a string fit for sure, of whatever encoding. */
const FITTING = scratch.length / 3;

/** Valid until the next call. */
function encode(text: string, encoding: BufferEncoding): Uint8Array {
  return text.length <= FITTING
    ? view(scratch, 0, scratch.write(text, encoding))
    : Buffer.from(text, encoding);
}

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
    super({ allowHalfOpen: true, decodeStrings: false });
    this.#connection = connection;
    connection.user = {
      opened: () => this.#opened(),
      readable: () => this.#readable(),
      writable: () => this.#acknowledged(),
      closed: (error) => this.#closed(error),
    };
    this.connecting = connection.state === 'SYN-SENT';
  }

  /** The connection's state, spelled as in RFC 9293. */
  get state(): State {
    return this.#connection.state;
  }

  get localAddress(): string {
    return formatAddress(this.#connection.tcp.settings.address);
  }

  get localPort(): number {
    return this.#connection.localPort;
  }

  get remoteAddress(): string {
    return formatAddress(this.#connection.remoteAddress);
  }

  get remotePort(): number {
    return this.#connection.remotePort;
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

  /** Emits 'timeout' after `ms` of silence, 24 days at most; the socket stays as it is. */
  setTimeout(ms: number, callback?: () => void): this {
    clearTimeout(this.#timer);
    this.timeout = ms;
    const silence = Math.min(ms, LONGEST_TIMER);
    this.#timer = ms > 0 ? setTimeout(() => this.emit('timeout'), silence).unref() : undefined;
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

  /**
   * An end more is none. `node:http` ends its sockets twice, and the error that a stream makes of it, which
   * nobody sees, costs as much as all else there is to a request.
   */
  override end(chunk?: unknown, encoding?: unknown, written?: unknown): this {
    if (chunk === undefined && this.writableFinished) return this;
    return super.end(chunk, encoding as BufferEncoding, written as () => void);
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

  override _write(chunk: Buffer | string, encoding: BufferEncoding, written: Callback): void {
    this.#rest = typeof chunk === 'string' ? encode(chunk, encoding) : chunk;
    this.#written = written;
    this.#handOver();
    // What has to wait must not lie where the next string will.
    if (this.#rest && typeof chunk === 'string') this.#rest = this.#rest.slice();
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
