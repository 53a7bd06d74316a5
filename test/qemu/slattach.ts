import { SERVER } from '../e2e/support/serving.ts';
import type { Guest } from './guest.ts';

/**
 * Makes the guest's second serial port its line to us, by the README's commands, in place of an earlier one.
 *
 * @param protocol as for `slattach -p`
 */
export async function attach(guest: Guest, protocol: string): Promise<void> {
  await guest.run('killall -q slattach; while [ -e /sys/class/net/sl0 ]; do usleep 10000; done');
  await guest.run(`slattach -L -p ${protocol} -s 115200 /dev/ttyS1 &`);
  await guest.run('until [ -e /sys/class/net/sl0 ]; do usleep 10000; done');
  await guest.run(`ip addr add 192.168.7.1 peer ${SERVER} dev sl0`);
  await guest.run('ip link set sl0 mtu 1500 up');
}

/** What the driver has counted since it was attached, by the names that the kernel gives. */
export async function statistics(guest: Guest): Promise<Record<string, number>> {
  const lines = await guest.run('grep . /sys/class/net/sl0/statistics/*');
  return Object.fromEntries(
    Array.from(lines.matchAll(/(\w+):(\d+)$/gm), ([, name, count]) => [name, Number(count)]),
  );
}

/** How many segments have not pleased the guest's TCP since it started: those restored wrongly have bad checksums. */
export async function segmentErrors(guest: Guest): Promise<number> {
  const [names, values] = (await guest.run('grep ^Tcp: /proc/net/snmp'))
    .split('\n')
    .map((row) => row.split(' '));
  return Number(values![names!.indexOf('InErrs')]);
}
