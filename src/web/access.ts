import type { Logger } from 'pino';
import type { Visit } from './visit.ts';

/** Logs the request once its answer has been handed over, or the client has gone. */
export function logRequest(visit: Visit, log: Logger): void {
  const { request, response, path } = visit;
  const { socket, method } = request;
  const startedAt = performance.now();
  const bytesBefore = socket.bytesWritten;
  response.once('close', () => {
    const status = response.headersSent ? response.statusCode : 499;
    const bytes = socket.bytesWritten - bytesBefore;
    const ms = Math.round(performance.now() - startedAt);
    log.info(
      { visitor: visit.number, address: socket.remoteAddress, method, path, status, bytes, ms },
      'request',
    );
  });
}
