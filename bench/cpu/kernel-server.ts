import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PAGE } from '../peers.ts';

/** What the server of `cpu.ts` says once it listens, and whenever it is asked. */
export interface KernelReport {
  port: number;
  cpu: NodeJS.CpuUsage;
}

const http = createServer((_, response) => response.end(PAGE));
const report = () => {
  const { port } = http.address() as AddressInfo;
  process.send!({ port, cpu: process.cpuUsage() } satisfies KernelReport);
};
http.listen(0, '127.0.0.1', report);
process.on('message', report);
process.on('disconnect', () => process.exit());
