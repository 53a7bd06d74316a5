/** What the pages may know of the server; the daemon supplies it. */
export interface ServerStatus {
  /** Seconds since the start. */
  uptime: number;
  /** This end's address, a dotted quad. */
  address: string;
  /** The line's speed in bits a second; 0 when it is not paced. */
  baud: number;
  /** Largest datagram sent, in bytes. */
  mtu: number;
  /** The version of this package. */
  version: string;
  /** Everything that is counted, by name. */
  counters: Record<string, number>;
  connections: ConnectionStatus[];
}

export interface ConnectionStatus {
  /** As RFC 9293 spells it. */
  state: string;
  remoteAddress: string;
  remotePort: number;
  localPort: number;
  /** Octets in flight, and waiting to be sent. */
  inFlight: number;
  unsent: number;
  /** Round-trip time in ms, once it was measured. */
  rtt: number | undefined;
}
