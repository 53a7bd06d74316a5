/**
 * A point-to-point line that carries IP datagrams: a serial port with SLIP on it, or something that
 * behaves like one. It is pulled: nothing is handed to it unless it is `ready`.
 */
export interface Line {
  /** Whether the next datagram may be handed over: the device has at most 20 ms of bytes still to send. */
  readonly ready: boolean;
  /** Frames one datagram and hands it to the device. Dropped, and counted, while the line is not ready. */
  send(datagram: Uint8Array): void;
  /** Called with each datagram that arrives. The bytes may be reused once it returns. */
  onDatagram: (datagram: Uint8Array) => void;
  /** Called when `ready` turns true after it was false. */
  onReady: () => void;
  /** Frames, bytes and drops by reason, both ways. */
  readonly counters: Readonly<Record<string, number>>;
  /** Closes the device. */
  close(): Promise<void>;
}
