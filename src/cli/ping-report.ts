import type { PingReply, PingResult } from '../node/ping.ts';

/** The lines that ping(8) of iputils prints. */
export function announcement(address: string, size: number): string {
  return `PING ${address} (${address}) ${size}(${size + 28}) bytes of data.`;
}

export function replyLine(address: string, { sequence, length, ttl, rtt, duplicate }: PingReply): string {
  const line = `${length} bytes from ${address}: icmp_seq=${sequence} ttl=${ttl} time=${milliseconds(rtt)} ms`;
  return duplicate ? `${line} (DUP!)` : line;
}

export function summary(address: string, result: PingResult): string {
  const { sent, received, duplicates, elapsed, rtts } = result;
  const loss = sent === 0 ? 0 : Number((((sent - received) * 100) / sent).toPrecision(6));
  const extra = duplicates > 0 ? ` +${duplicates} duplicates,` : '';
  return [
    '',
    `--- ${address} ping statistics ---`,
    `${sent} packets transmitted, ${received} received,${extra} ${loss}% packet loss, time ${Math.round(elapsed)}ms`,
    ...(rtts.length > 0 ? [`rtt min/avg/max/mdev = ${spread(rtts)} ms`] : ['']),
  ].join('\n');
}

/** mdev is the standard deviation. */
function spread(rtts: number[]): string {
  const mean = rtts.reduce((sum, rtt) => sum + rtt, 0) / rtts.length;
  const variance = rtts.reduce((sum, rtt) => sum + (rtt - mean) ** 2, 0) / rtts.length;
  const least = rtts.reduce((a, b) => Math.min(a, b));
  const most = rtts.reduce((a, b) => Math.max(a, b));
  return [least, mean, most, Math.sqrt(variance)].map((ms) => ms.toFixed(3)).join('/');
}

/** Three digits, as far as they are needed. */
function milliseconds(ms: number): string {
  if (ms >= 99.95) return ms.toFixed(0);
  if (ms >= 9.995) return ms.toFixed(1);
  return ms.toFixed(ms >= 0.9995 ? 2 : 3);
}
