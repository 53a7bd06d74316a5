import { once } from 'node:events';
import { createHttpServer } from '../../src/web/http-server.ts';
import { createPageServer } from '../../src/web/page-server.ts';
import { streamPair } from './stream-pair.ts';

/** Asks for `/a.cgi` of the site given, and exits without closing anything when told so by a message. */
const server = createHttpServer(createPageServer({ site: process.argv[2]! }));
const [near, far] = streamPair();
server.emit('connection', far);
near.write('GET /a.cgi HTTP/1.1\r\nHost: line\r\n\r\n');
await once(process, 'message');
process.exit(3);
