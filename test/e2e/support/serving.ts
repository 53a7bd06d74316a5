import { Daemon, scratchFolder } from './daemon.ts';
import { KernelPeer, type KernelPeerOptions } from './kernel-peer.ts';

/** The kernel and the daemon at the two ends of a line. */
export interface Serving {
  peer: KernelPeer;
  daemon: Daemon;
  stop(): Promise<void>;
}

export async function startServing(options: KernelPeerOptions = {}, ...args: string[]): Promise<Serving> {
  const peer = await KernelPeer.start(options);
  const daemon = await Daemon.start(peer.port, '--state', scratchFolder(), ...args);
  const stop = async () => {
    await daemon.kill('SIGKILL');
    await peer.stop();
  };
  return { peer, daemon, stop };
}

export const SERVER = '192.168.7.2';
export const FRONT_PAGE = `http://${SERVER}/`;
