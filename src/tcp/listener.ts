import type { Connection } from './connection.ts';

/** A port in LISTEN (RFC 9293 §3.10.1, passive OPEN). */
export interface Listener {
  readonly port: number;
  /** Most connections in SYN-RECEIVED at once; the oldest gives way to the newest. */
  readonly backlog: number;
  /** Whether a connection is handed over at its first text (or FIN) rather than at ESTABLISHED. */
  readonly deferAccept: boolean;
  /** Given each new connection; is to set its `user`. */
  readonly accept: (connection: Connection) => void;
  /** Connections in SYN-RECEIVED, oldest first. */
  readonly halfOpen: Set<Connection>;
}
