/**
 * A point-to-point line that carries IP datagrams: a serial port with SLIP on it, or something that
 * behaves like one. It is pulled: nothing is handed to it unless it is `ready`.
 */
export interface Line {
  /** Whether the next datagram may be handed over: the device has at most 12 ms of bytes still to send. */
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

/** A line over a device that can vanish and come back. */
export interface PortLine extends Line {
  /** Whether the device is there. While it is not, `ready` is false and what is sent is lost. */
  readonly isOpen: boolean;
  /** Bits per second that the line is paced at, 0 for not at all. May be changed. */
  baud: number;
  /** Called once when the device has vanished, with the reason in words; it is being reopened from then on. */
  onLost: (reason: string) => void;
  /** Called with each new reason, in words, why the device cannot be opened although it is there; the tries go on. */
  onRefused: (reason: string) => void;
  /** Called when the device is open again, or for the first time after waiting for it. */
  onRestored: () => void;
  /** Called with each refusal, the bytes that were refused as far as they are known, and where they were going. */
  onDrop: (reason: string, bytes: Uint8Array, bound: 'in' | 'out') => void;
}
