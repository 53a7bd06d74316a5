import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf } from './pair.ts';

/** What the server of `bench/cpu.ts` says once it listens, and whenever it is asked. */
export interface KernelReport {
  port: number;
  cpu: NodeJS.CpuUsage;
}

const page = bodyOf(Number(process.argv[2]));
const http = createServer((_, response) => response.end(page));
const report = () => {
  const { port } = http.address() as AddressInfo;
  process.send!({ port, cpu: process.cpuUsage() } satisfies KernelReport);
};
http.listen(0, '127.0.0.1', report);
process.on('message', report);
process.on('disconnect', () => process.exit());
