import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Daemon, scratchFolder, startProgram } from '../e2e/support/daemon.ts';
import { visitorNumber } from '../e2e/support/pages.ts';
import { requiredCommands, unlessInCi } from '../e2e/support/requirements.ts';
import { FRONT_PAGE, SERVER } from '../e2e/support/serving.ts';
import { Guest } from './guest.ts';
import { buildInitramfs } from './initramfs.ts';
import { kernel, kernelMissing } from './kernel.ts';
import { attach, segmentErrors, statistics } from './slattach.ts';

/** slattach's protocol and our framing, and whether headers cross the line compressed. */
const PAIRS = [
  { protocol: 'slip', framing: 'auto', compressed: false },
  { protocol: 'cslip', framing: 'auto', compressed: true },
  { protocol: 'cslip', framing: 'cslip', compressed: true },
  // Each would compress once the other has: neither begins.
  { protocol: 'adaptive', framing: 'auto', compressed: false },
  { protocol: 'adaptive', framing: 'cslip', compressed: true },
];

const LARGE = randomBytes(200_000);
const SMALL = randomBytes(20_000);
/** Segments of the larger, except its first and last ones, and acknowledgments of every second of them. */
const BULK = 130;
const ACKNOWLEDGMENTS = 65;

const commands = ['qemu-system-x86_64', 'busybox', 'slattach', 'curl', 'apt-get', 'dpkg-deb', 'setpriv'];
const skip = requiredCommands(...commands) || unlessInCi(await kernelMissing());

/** The gateway's end of a line at whose other end is a guest as `attach` leaves it. */
const OTHER_END = ['--address', SERVER, '--peer', '192.168.7.1', '--baud', '0'];

const folder = scratchFolder();
const port = join(folder, 'port');
const site = siteWithFiles();
let guest: Guest;

describe("the Linux kernel's slip driver, in a virtual machine", { skip }, () => {
  before(async () => {
    const initramfs = await buildInitramfs(folder, ['slattach', 'curl'], kernel.modules);
    guest = await Guest.start({ kernel: kernel.image, initramfs, port });
  });
  after(() => guest.stop());

  for (const { protocol, framing, compressed } of PAIRS) {
    describe(`slattach -p ${protocol}, --framing ${framing}`, () => {
      let daemon: Daemon;
      before(async () => {
        await attach(guest, protocol);
        daemon = await serve(framing);
      });
      after(() => daemon.kill('SIGTERM'));

      test('gets all its pings answered', async () => {
        assert.match(await guest.run(`ping -c 5 -i 0.2 ${SERVER}`), /5 packets received, 0% packet loss/);
      });

      test('is shown the front page, which counts its visitors', async () => {
        const first = visitorNumber(await get('/'));
        assert.equal(visitorNumber(await get('/')), first + 1);
      });

      // Two connections, so that the compressed segments of one come between those of the other.
      test('gets files of 200 kB and of 20 kB at the same time, unharmed', async () => {
        await guest.run(
          `curl -sSZ --parallel-immediate --max-time 50 ${FRONT_PAGE}200kB -o large ${FRONT_PAGE}20kB -o small`,
        );
        assert.deepEqual(
          (await guest.run('sha256sum large small')).match(/^\w+/gm),
          [LARGE, SMALL].map(sha256),
        );
      });

      test(compressed ? 'has headers compressed, both ways' : 'sees no compressed header', async () => {
        const ours = await counters();
        const theirs = await statistics(guest);
        // What was sent in between is counted at the other end alone, or not yet at all.
        const sent = ours['frames-compressed-sent']!;
        const received = ours['frames-compressed-received']!;
        const { rx_compressed, tx_compressed } = theirs;
        if (compressed) {
          assert.ok(sent >= BULK && rx_compressed! >= sent, `${sent} sent, ${rx_compressed} taken`);
          assert.ok(
            received >= ACKNOWLEDGMENTS && tx_compressed! >= received,
            `${tx_compressed}, ${received}`,
          );
        } else {
          assert.deepEqual([sent, received, rx_compressed, tx_compressed], [0, 0, 0, 0]);
        }
        // The driver counts them under an older name as well.
        assert.deepEqual([theirs.rx_fifo_errors, theirs.tx_fifo_errors], [rx_compressed, tx_compressed]);
      });

      test('refuses nothing, and nothing of its own is refused', async () => {
        const ours = await counters();
        const refused = Object.entries(ours).filter(
          ([name, count]) => /^(slip|ip)-|-checksum$/.test(name) && count > 0,
        );
        assert.deepEqual(refused, []);
        const { rx_errors, rx_over_errors, rx_dropped, tx_errors, tx_dropped } = await statistics(guest);
        assert.deepEqual([rx_errors, rx_over_errors, rx_dropped, tx_errors, tx_dropped], [0, 0, 0, 0, 0]);
        assert.equal(await segmentErrors(guest), 0);
      });
    });
  }

  describe('slattach, started anew', () => {
    test('is followed by --framing auto and by a new daemon', async (t) => {
      let daemon = await serve('auto');
      t.after(() => daemon.kill('SIGKILL'));
      for (const protocol of ['cslip', 'slip', 'cslip', 'adaptive']) {
        await attach(guest, protocol);
        // The first segment of a connection is marked; those of the second page are compressed.
        await get('/', FRONT_PAGE);
        const { rx_compressed, tx_compressed } = await statistics(guest);
        const compressed = [rx_compressed! > 0, tx_compressed! > 0];
        assert.deepEqual(compressed, protocol === 'cslip' ? [true, true] : [false, false], protocol);
      }
      await attach(guest, 'cslip');
      const first = visitorNumber(await get('/'));
      await daemon.kill('SIGTERM');
      daemon = await serve('auto');
      assert.equal(visitorNumber(await get('/')), first + 1);
    });

    test('is told of in the log when it compresses and must not', async (t) => {
      await attach(guest, 'cslip');
      const daemon = await serve('slip');
      t.after(() => daemon.kill('SIGKILL'));
      await guest.run(`curl -sS ${FRONT_PAGE} &`);
      await daemon.logged(/"finding":"compressed"/);
      await guest.run('killall curl');
    });

    test('is told of in the log when it does not compress and we do', async (t) => {
      await attach(guest, 'slip');
      const daemon = await serve('cslip');
      t.after(() => daemon.kill('SIGKILL'));
      await guest.run(`curl -sS ${FRONT_PAGE} &`);
      await daemon.logged(/"finding":"unheeded"/, 30_000);
      await guest.run('killall curl');
    });
  });

  describe("the guest's server, through the gateway", () => {
    for (const protocol of ['slip', 'cslip']) {
      test(`gives a file of 200 kB unharmed with slattach -p ${protocol}`, async (t) => {
        await attach(guest, protocol);
        await guest.run('httpd -p 80 -h / || true');
        const gateway = startProgram('gateway', ...OTHER_END, '--port', `unix:${port}`, '--listen', '0');
        t.after(() => gateway.kill('SIGKILL'));
        const [, near] = await gateway.wrote('stdout', /"port":(\d+),"msg":"listening/);
        const answer = await fetch(`http://127.0.0.1:${near}/large`, { signal: AbortSignal.timeout(50_000) });
        assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), sha256(LARGE));
        const { rx_compressed, tx_compressed } = await statistics(guest);
        const compressed = [rx_compressed! > 0, tx_compressed! > 0];
        assert.deepEqual(compressed, protocol === 'cslip' ? [true, true] : [false, false]);
      });
    }
  });
});

function serve(framing: string): Promise<Daemon> {
  const options = ['--baud', '0', '--framing', framing, '--site', site, '--state', folder];
  return Daemon.start(`unix:${port}`, ...options);
}

/** What curl gets. @param rest more of the command line */
function get(path: string, rest = ''): Promise<string> {
  return guest.run(`curl -sS --max-time 50 http://${SERVER}${path} ${rest}`);
}

async function counters(): Promise<Record<string, number>> {
  return JSON.parse(await get('/counters'));
}

/** The built-in site, with the files and a page of all counters. */
function siteWithFiles(): string {
  const site = scratchFolder();
  cpSync(fileURLToPath(new URL('../../site', import.meta.url)), site, { recursive: true });
  writeFileSync(join(site, '200kB'), LARGE);
  writeFileSync(join(site, '20kB'), SMALL);
  writeFileSync(join(site, 'counters.eta'), '<%~ JSON.stringify(it.server.counters) %>');
  return site;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
