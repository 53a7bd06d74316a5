import type { Connection } from './connection.ts';

/** Who asks without a connection. */
export interface Asker {
  readonly remoteAddress: number;
  readonly remotePort: number;
  /** Most octets that an answer may have to fit one segment. */
  readonly room: number;
}

/** An answer that has been begun, and is too long for one segment. One of both is called. */
export interface LongAnswer {
  /** There is a connection for it, which has brought the request once more. */
  sendOver(connection: Connection): void;
  /** There is none in time. @returns what is said instead, in one segment */
  giveUp(): Uint8Array;
}

/** A port in LISTEN (RFC 9293 §3.10.1, passive OPEN). */
export interface Listener {
  readonly port: number;
  /** Most connections in SYN-RECEIVED at once; who comes then is answered by a cookie. */
  readonly backlog: number;
  /** Whether a connection is handed over at its first text (or FIN) rather than at ESTABLISHED. */
  readonly deferAccept: boolean;
  /** Given each new connection; is to set its `user`. */
  readonly accept: (connection: Connection) => void;
  /**
   * Answers a request that came in one segment while there is no room for a connection. Undefined where nothing
   * can be said: the peer is reset.
   */
  readonly answer?: (request: Uint8Array, asker: Asker) => Promise<Uint8Array | LongAnswer | undefined>;
  /** Told each time that somebody begins to wait: for the line, or for a place in the table. */
  readonly crowded?: () => void;
  /** Connections in SYN-RECEIVED that there are. */
  halfOpen: number;
}
