import { isPassedOn } from './script-answer.ts';

/** The head of a script's output is no CGI response; `message` says why. */
export class CgiHeadError extends Error {}

/** What a script says ahead of its body (RFC 3875 §6). */
export interface CgiHead {
  status: number;
  /** By the names that the script gave; a list where one came several times. */
  headers: Record<string, string | string[]>;
  /** A path of this server, whose page is to be sent in place of the script's (§6.2.2). */
  localRedirect?: string;
}

/** Of a head, in bytes. */
export const LONGEST_HEAD = 16_384;

const FIELD = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
/** Fields of which each may come once; the last counts. */
const SINGLE = new Set(['content-type', 'content-length', 'location', 'status']);

/** Where the head ends and the body begins; undefined as long as the head is not complete. */
export function splitHead(output: Buffer): { head: string; body: Buffer } | undefined {
  const text = output.toString('latin1', 0, LONGEST_HEAD);
  const blank = /(?:^|\n)\r?\n/.exec(text);
  if (!blank) return undefined;
  const head = text.slice(0, blank.index).replace(/\r$/, '');
  return { head, body: output.subarray(blank.index + blank[0].length) };
}

/** @throws {CgiHeadError} where it is none */
export function parseHead(head: string): CgiHead {
  const fields = parseFields(head);
  const fieldOf = (name: string) => fields.get(name)?.values[0];
  const [status, location] = [fieldOf('status'), fieldOf('location')];
  if (status === undefined && location === undefined && !fields.has('content-type'))
    throw new CgiHeadError('its head has no Content-Type, Location or Status');
  const headers = [...fields.values()].filter(
    ({ name }) => name.toLowerCase() !== 'status' && isPassedOn(name),
  );
  const isLocal = status === undefined && location !== undefined && /^\/(?!\/)/.test(location);
  return {
    status: statusOf(status, location === undefined ? 200 : 302),
    headers: Object.fromEntries(
      headers.map(({ name, values }) => [name, values.length > 1 ? values : values[0]!]),
    ),
    ...(isLocal && { localRedirect: location }),
  };
}

function parseFields(head: string): Map<string, { name: string; values: string[] }> {
  const fields = new Map<string, { name: string; values: string[] }>();
  for (const line of head.split(/\r?\n/)) {
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new CgiHeadError(`its head has a malformed line: ${JSON.stringify(line.slice(0, 80))}`);
    const key = name.toLowerCase();
    const earlier = SINGLE.has(key) ? [] : (fields.get(key)?.values ?? []);
    fields.set(key, { name, values: [...earlier, value] });
  }
  return fields;
}

function statusOf(field: string | undefined, otherwise: number): number {
  if (field === undefined) return otherwise;
  const [, digits] = /^([2-5]\d\d)(?: |$)/.exec(field) ?? [];
  if (digits === undefined) throw new CgiHeadError(`its head has a malformed Status: ${field.slice(0, 80)}`);
  return Number(digits);
}
