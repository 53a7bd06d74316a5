import type { OutgoingHttpHeaders } from 'node:http';

/** What the visitor is told in place of the error page. */
export interface PlainReply {
  text: string;
  headers?: OutgoingHttpHeaders;
}

/** A script did not answer as it should; `message` says why, for the log. */
export class ScriptError extends Error {
  override name = 'ScriptError';
  /** Path in the site. */
  readonly script: string;
  readonly status: 413 | 500 | 503 | 504;
  readonly reply: PlainReply | undefined;

  constructor(script: string, status: ScriptError['status'], message: string, reply?: PlainReply) {
    super(message);
    this.script = script;
    this.status = status;
    this.reply = reply;
  }

  /** It kept us waiting for `ms`. */
  static silent(script: string, ms: number): ScriptError {
    return new ScriptError(script, 504, `it was silent for ${ms / 1000} s`);
  }
}
