import { createServer, type RequestListener, type Server } from 'node:http';
export function createHttpServer(listener: RequestListener): Server {
  const s = createServer(listener);
  s.emit('listening');
  return s;
}
