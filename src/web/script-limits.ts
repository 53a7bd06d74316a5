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
  /** A request body that is held in memory since its length was not told, in bytes (413 beyond). */
  spool: number;
}

export const SCRIPT_LIMITS: ScriptLimits = {
  processes: 8,
  waiting: 64,
  silence: 30_000,
  lifetime: 600_000,
  grace: 2000,
  output: 16_777_216,
  spool: 1_048_576,
};
