import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TiedProcess } from './tied.ts';

/** tshark's verdict on a checksum. */
const GOOD = '1';

/** A datagram as tshark sees it, by the fields asked for. */
export type Row = Record<string, string>;

export interface Capture {
  /** Ends the recording. */
  stop(): Promise<Recording>;
}

export interface Recording {
  /** The datagrams that match a display filter of Wireshark's, and of each the first value of these fields. */
  datagrams(filter: string, ...fields: string[]): Promise<Row[]>;
  /**
   * Has tshark calculate every checksum. @throws when one is wrong or could not be told, or when one of the
   * directions carried no TCP
   */
  assertChecksums(): Promise<void>;
}

/** @param tcpdump writes pcap to its stdout */
export async function startCapture(tcpdump: TiedProcess): Promise<Capture> {
  await tcpdump.wrote('stderr', /listening on/);
  return {
    async stop() {
      const { stderr } = await tcpdump.kill('SIGINT');
      assert.match(stderr, /\b0 packets dropped by kernel/);
      return recording(tcpdump.bytes('stdout'));
    },
  };
}

function recording(pcap: Buffer): Recording {
  const datagrams = async (filter: string, ...fields: string[]) => {
    const lines = await tshark(pcap, filter, fields);
    return lines.map((line) => {
      const values = line.split('\t');
      return Object.fromEntries(fields.map((field, i) => [field, values[i] ?? '']));
    });
  };
  return { datagrams, assertChecksums: async () => assertGood(await datagrams('ip', ...CHECKSUM_FIELDS)) };
}

const TRANSPORTS = ['tcp', 'udp', 'icmp'] as const;
const CHECKSUM_FIELDS = [
  'frame.number',
  'ip.src',
  'ip.flags.mf',
  'ip.frag_offset',
  'ip.checksum.status',
  ...TRANSPORTS.flatMap((protocol) => [`${protocol}.checksum`, `${protocol}.checksum.status`]),
];

function assertGood(rows: Row[]): void {
  const bad = rows.filter((row) => row['ip.checksum.status'] !== GOOD || !transportIsGood(row));
  assert.deepEqual(bad, [], 'bad checksums');
  const speakers = new Set(rows.filter((row) => row['tcp.checksum']).map((row) => row['ip.src']));
  assert.equal(speakers.size, 2, `TCP in both directions, not only from ${[...speakers]}`);
}

/** An ICMP error quotes the start of another datagram, whose checksum is that of the whole: only its own counts. */
function transportIsGood(row: Row): boolean {
  const protocol = row['icmp.checksum'] ? 'icmp' : TRANSPORTS.find((name) => row[`${name}.checksum`]);
  if (protocol !== undefined) return row[`${protocol}.checksum.status`] === GOOD;
  return true;
}

async function tshark(pcap: Buffer, filter: string, fields: string[]): Promise<string[]> {
  const checks = ['ip', 'tcp', 'udp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const output = fields.flatMap((field) => ['-e', field]);
  const folder = await mkdtemp(join(tmpdir(), 'capture-'));
  try {
    const file = join(folder, 'pcap');
    await writeFile(file, pcap);
    const args = ['-n', '-r', file, ...checks, '-Y', filter, '-T', 'fields', '-E', 'occurrence=f', ...output];
    const { code, stdout, stderr } = await new TiedProcess('tshark', ...args).finished();
    assert.equal(code, 0, stderr);
    return stdout.split('\n').filter((line) => line !== '');
  } finally {
    await rm(folder, { recursive: true });
  }
}
