import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
export function createPageServer(o: any): RequestListener {
  return (req, res) => {
    res.sendDate = false;
    if (o.site && req.url !== '/' && req.url !== '/status') {
      try {
        const b = readFileSync(o.site + req.url);
        res.setHeader('Content-Length', b.length);
        res.end(b);
      } catch {
        res.statusCode = 404;
        res.end('no\n');
      }
      return;
    }
    if (req.url === '/status') return void res.end(JSON.stringify(o.status()));
    void o.visitors.next().then((n: number) => {
      const b = `visitor ${n} from ${req.socket.remoteAddress}\n`;
      res.setHeader('Content-Length', b.length);
      res.end(b);
    });
  };
}
