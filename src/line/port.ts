/** A device that carries bytes both ways and may come and go: a serial port, a socket, a virtual cable. */
export interface Port {
  readonly isOpen: boolean;
  /** Writes that the device has not taken yet. */
  readonly pending: number;
  /** Hands bytes to the device, which keeps them; they are lost while it is closed. */
  write(bytes: Uint8Array): void;
  /** Called with bytes as they arrive, which may be reused once it returns. */
  onBytes: (bytes: Uint8Array) => void;
  /** Called when `pending` has fallen. */
  onTaken: () => void;
  /** Called when the device is open, at first or again. */
  onOpen: () => void;
  /** Called when the device has gone, with the reason in words. */
  onLost: (reason: string) => void;
  /** Called with each new reason why the device, which is there, could not be opened again; the tries go on. */
  onRefused: (reason: string) => void;
  /** Closes the device for good. */
  close(): Promise<void>;
}
