export interface ScriptLimits {
  /** CGI processes at once; further requests wait for their turn. */
  processes: number;
  /** Requests that wait for their turn (503 beyond). */
  waiting: number;
  /** How long a script may keep us waiting for its head, or for more of its body, in ms (504 before the head). */
  silence: number;
  /** How long a CGI process may run, however slowly its client reads, in ms. */
  lifetime: number;
  /** How long a CGI process may take to end after SIGTERM, before SIGKILL, in ms. */
  grace: number;
  /** All that a CGI process puts out, in bytes. */
  output: number;
  /**
   * The body of a request for a CGI process that is awaited, in memory, before it runs, in bytes. One that is
   * announced to be longer is passed on as it comes; one in chunks that grows longer is refused (413).
   */
  body: number;
  /** All such bodies that have come in part, in bytes (503 beyond). */
  bodies: number;
}

export const SCRIPT_LIMITS: ScriptLimits = {
  processes: 8,
  waiting: 64,
  silence: 30_000,
  lifetime: 600_000,
  grace: 2000,
  output: 16_777_216,
  body: 1_048_576,
  bodies: 16_777_216,
};
