import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon, scratchFolder } from '../../test/e2e/support/daemon.ts';
import { KernelPeer } from '../../test/e2e/support/kernel-peer.ts';
import { CLIENT, SERVER } from '../pair.ts';
import type { StartServer } from './bed.ts';

/** This program, built. */
export const startOurs: StartServer = async (peer, site, mtu) => {
  const options = { site, mtu, state: scratchFolder(), framing: 'slip' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const daemon = await Daemon.start(peer.port, ...args);
  return { stop: () => daemon.kill('SIGKILL') };
};

/** nginx on Linux's own TCP, as behind slattach: a queue of ten datagrams, the next sent when the UART is nearly empty. */
export const startNginx: StartServer = async (peer, site, mtu) => {
  const kernel = await KernelPeer.start({
    address: SERVER,
    peer: CLIENT,
    mtu,
    baud: 115_200,
    port: peer.port,
  });
  const folder = scratchFolder();
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(configuration, configure(folder, site));
  const nginx = kernel.spawn('nginx', '-c', configuration, '-e', 'stderr');
  return {
    async stop() {
      await nginx.kill('SIGKILL');
      await kernel.stop();
    },
  };
};

/** What Debian's package sets, without log and children. */
function configure(folder: string, site: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  return `
daemon off; master_process off; user root; pid ${folder}/pid;
events {}
http {
  ${temporary.join('\n  ')}
  access_log off; sendfile on; tcp_nopush on; gzip off; default_type text/plain;
  server { listen ${SERVER}:80; root ${site}; }
}
`;
}
