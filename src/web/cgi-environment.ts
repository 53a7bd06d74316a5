import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Script } from './script.ts';
import { addressOf } from './values.ts';

export interface CgiRequest {
  request: IncomingMessage;
  script: Script;
  /** Of the site, absolute. */
  root: string;
  /** Which visitor this is, where that is known. */
  visitor: number | undefined;
  /** Of the server. */
  version: string;
}

/** Where scripts find programs; nothing else comes from the daemon's surroundings. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Told by variables of their own, or between the server and the client. */
const NOT_PASSED = new Set([
  'content-length',
  'content-type',
  'connection',
  'keep-alive',
  'transfer-encoding',
]);
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i;

/**
 * The environment of a script (RFC 3875 §4.1), and what PHP wants besides: DOCUMENT_ROOT, REQUEST_URI,
 * REDIRECT_STATUS.
 *
 * @param length the body's, in bytes; undefined where there is none
 */
export function cgiEnvironment(
  { request, script, root, visitor, version }: CgiRequest,
  length: number | undefined,
): Record<string, string> {
  const { url = '/', method = 'GET', headers, socket } = request;
  const type = headers['content-type'];
  return {
    ...headerVariables(headers),
    PATH,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: `phpstack-ts/${version}`,
    SERVER_NAME: HOST.exec(headers.host ?? '')?.[1] ?? socket.localAddress ?? 'localhost',
    SERVER_PORT: String(socket.localPort ?? 80),
    SERVER_PROTOCOL: `HTTP/${request.httpVersion}`,
    REQUEST_METHOD: method,
    REQUEST_URI: url,
    QUERY_STRING: /\?([^#]*)/.exec(url)?.[1] ?? '',
    DOCUMENT_ROOT: root,
    SCRIPT_NAME: `/${script.name}`,
    SCRIPT_FILENAME: script.path,
    REMOTE_ADDR: addressOf(request),
    REMOTE_PORT: String(socket.remotePort ?? 0),
    REDIRECT_STATUS: '200',
    ...(script.pathInfo && { PATH_INFO: script.pathInfo, PATH_TRANSLATED: join(root, script.pathInfo) }),
    ...(length !== undefined && { CONTENT_LENGTH: String(length) }),
    ...(type !== undefined && { CONTENT_TYPE: type }),
    ...(visitor !== undefined && { VISITOR_NUMBER: String(visitor) }),
  };
}

/**
 * `HTTP_…` of each header. Never HTTP_PROXY, which programs take for their own proxy (CVE-2016-5385), and
 * none whose name has an underscore, which could pass for another with a hyphen.
 */
function headerVariables(headers: IncomingHttpHeaders): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'proxy' || NOT_PASSED.has(name) || !/^[a-z\d-]+$/.test(name))
      continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    variables[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = Buffer.from(text, 'latin1').toString();
  }
  return variables;
}
