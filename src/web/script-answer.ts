import type { OutgoingHttpHeaders } from 'node:http';

/** What a script gives back, whatever kind it is. */
export interface ScriptAnswer {
  /** Path in the site. */
  script: string;
  status: number;
  headers: OutgoingHttpHeaders;
  /** Ends what makes it, when it is left before its end. @throws {ScriptError} where it is cut short */
  body: AsyncGenerator<Buffer, void, undefined>;
  /** A path of this server whose page is to be sent instead. */
  localRedirect?: string;
}

/**
 * Fields that are between the server and the client (RFC 9110 §7.6.1), and a banner that would cost every
 * visitor its time.
 */
const NOT_PASSED = /^(connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|x-powered-by)$/i;

/** Whether a header of a script reaches the client. */
export function isPassedOn(header: string): boolean {
  return !NOT_PASSED.test(header);
}
