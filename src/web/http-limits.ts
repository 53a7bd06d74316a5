/** After so long a client that had to be turned away may come again, in seconds. */
export const RETRY_AFTER = 10;

/** What one client, and all of them together, may ask of an HTTP server. Times in ms, sizes in bytes. */
export interface HttpLimits {
  /** For the head of a request to be complete, from its first byte (408 after it). */
  headersTimeout: number;
  /** For the whole request with its body (408 after it). */
  requestTimeout: number;
  /** How often these two are looked at: they may be late by as much. */
  connectionsCheckingInterval: number;
  /** How long a kept connection waits for its next request. */
  keepAliveTimeout: number;
  /** How long it does so at least, while others wait to be let in. */
  crowdedKeepAliveTimeout: number;
  /** How long a connection may make no progress at all. */
  idleTimeout: number;
  /** How long is read, and thrown away, what a client still sends that has had its answer. */
  lingerTimeout: number;
  /** The request line and headers (431 beyond). */
  maxHeaderSize: number;
  /** Headers of a request, their number (431 beyond). */
  maxHeaders: number;
  /** The body of a request (413 beyond). */
  maxBodySize: number;
  /** Requests on one connection; it is closed after the last. */
  maxRequestsPerSocket: number;
  /**
   * Connections from which on none is kept without a request: the longest idle is closed for each that
   * comes. Connections with a request are never refused for it.
   */
  maxKeptConnections: number;
  /** Connections of one address: the longest idle of them gives way, else 503. Behind a gateway all have one. */
  maxConnectionsPerAddress: number;
}

export const HTTP_LIMITS: HttpLimits = {
  headersTimeout: 20_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 15_000,
  crowdedKeepAliveTimeout: 5000,
  idleTimeout: 300_000,
  lingerTimeout: 30_000,
  maxHeaderSize: 8192,
  maxHeaders: 100,
  maxBodySize: 1_048_576,
  maxRequestsPerSocket: 1000,
  maxKeptConnections: 1024,
  maxConnectionsPerAddress: 4096,
};
