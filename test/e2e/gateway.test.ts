import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runProgram, scratchFolder, startProgram } from './support/daemon.ts';
import { KernelPeer } from './support/kernel-peer.ts';
import { requirements } from './support/requirements.ts';
import { PATIENCE, TiedProcess } from './support/tied.ts';

const skip = requirements();
/** The far end's ports: the server's, one where nobody listens, and two for single connections. */
const FAR_PORTS = [80, 81, 82, 83];

/** Server and client change ends: the kernel serves, and the gateway's stack visits it. */
describe("the gateway, to the Linux kernel's server", { skip }, () => {
  const file = randomBytes(300_000);
  const folder = scratchFolder();
  let peer: KernelPeer;
  let server: TiedProcess;
  let gateway: TiedProcess;
  /** The gateway's port by the far end's. */
  const near = new Map<number, number>();
  let socks: number;

  before(async () => {
    writeFileSync(join(folder, 'file'), file);
    peer = await KernelPeer.start({ address: '192.168.7.2', peer: '192.168.7.1' });
    server = peer.spawn('python3', '-u', '-m', 'http.server', '80', '--directory', folder);
    await server.wrote('stdout', /^Serving HTTP/);
    const listens = FAR_PORTS.flatMap((port) => ['--listen', `0=192.168.7.2:${port}`]);
    gateway = startProgram('gateway', '--port', peer.port, '--baud', '0', ...listens, '--socks', '0');
    await gateway.wrote('stdout', /SOCKS5/);
    for (const port of FAR_PORTS) near.set(port, await listening(`connections go to 192.168.7.2:${port}`));
    socks = await listening('SOCKS5');
  });
  after(async () => {
    await gateway.kill('SIGKILL');
    await server.kill('SIGKILL');
    await peer.stop();
  });

  const listening = async (what: string) => {
    const [, port] = await gateway.wrote(
      'stdout',
      new RegExp(`"port":(\\d+),"msg":"listening on \\S+ ${what}"`),
    );
    return Number(port);
  };
  const curl = async (...args: string[]) => {
    const command = new TiedProcess('curl', '-sS', '--max-time', '60', ...args);
    const { code, stderr } = await command.finished();
    return { code, stderr, bytes: command.bytes('stdout') };
  };

  test('gets a file unharmed, with good checksums', async () => {
    const capture = await peer.capture();
    const { code, stderr, bytes } = await curl(`http://127.0.0.1:${near.get(80)}/file`);
    assert.equal(code, 0, stderr);
    assert.ok(bytes.equals(file));
    await (await capture.stop()).assertChecksums();
  });

  test('carries ten connections at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () => curl(`http://127.0.0.1:${near.get(80)}/file`)),
    );
    assert.ok(all.every(({ bytes }) => bytes.equals(file)));
  });

  test('resets a client whose port at the far end refuses', async () => {
    // curl tells a reset that comes while it still looks at its connection as one that could not be made.
    const client = connect(near.get(81)!, '127.0.0.1').resume();
    await assert.rejects(once(client, 'close'), { code: 'ECONNRESET' });
  });

  test('is a SOCKS proxy to any port', async () => {
    const proxied = ['--socks5', `127.0.0.1:${socks}`];
    const { bytes } = await curl(...proxied, 'http://192.168.7.2/file');
    assert.ok(bytes.equals(file));
    const refused = await curl(...proxied, 'http://192.168.7.2:81/');
    assert.equal(refused.code, 97, refused.stderr);
    const byName = await curl('--socks5-hostname', `127.0.0.1:${socks}`, 'http://far.example/');
    assert.match(byName.stderr, /complete SOCKS5 connection.*\(8\)/);
  });

  test('carries a half-close and a long answer to it', async () => {
    const far = peer.spawn('socat', '-d', '-d', 'TCP-LISTEN:82,bind=192.168.7.2', 'EXEC:sha256sum');
    await far.wrote('stderr', /listening on/);
    const client = new TiedProcess('socat', '-t', '60', '-', `TCP:127.0.0.1:${near.get(82)}`);
    client.child.stdin.end(file);
    const { stdout, stderr } = await client.finished(PATIENCE);
    const expected = new TiedProcess('sha256sum', join(folder, 'file'));
    assert.equal(stdout.split(' ')[0], (await expected.finished()).stdout.split(' ')[0], stderr);
  });

  test('logs each connection when it has ended, with what it carried', async () => {
    await curl(`http://127.0.0.1:${near.get(80)}/file`);
    const [line] = await gateway.wrote('stdout', /.*"to":"192\.168\.7\.2:80".*"msg":"closed".*/);
    const { received, sent } = JSON.parse(line);
    assert.ok(received > file.length && sent > 20, line);
    const [failed] = await gateway.wrote('stdout', /.*"to":"192\.168\.7\.2:81".*"msg":"failed".*/);
    assert.equal(JSON.parse(failed).error, 'ECONNREFUSED');
  });

  test('exits 1 with one line where a port of the host is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const other = await KernelPeer.start();
    const args = ['gateway', '--port', other.port, '--log-level', 'silent', '--listen', String(port)];
    const { code, stderr } = await runProgram(...args);
    assert.deepEqual([code, stderr], [1, `phpstack-ts: 127.0.0.1:${port}: the port is in use\n`]);
    taken.close();
    await other.stop();
  });

  test('exits 0 on SIGTERM, and the far end learns of it', async () => {
    const far = peer.spawn('socat', '-d', '-d', 'TCP-LISTEN:83,bind=192.168.7.2', '-');
    await far.wrote('stderr', /listening on/);
    const client = new TiedProcess('socat', '-d', '-d', '-', `TCP:127.0.0.1:${near.get(83)}`);
    await far.wrote('stderr', /starting data transfer/);
    const { code } = await gateway.kill('SIGTERM');
    assert.equal(code, 0);
    assert.match((await far.finished(PATIENCE)).stderr, /reset by peer/);
    assert.match((await client.finished(PATIENCE)).stderr, /reset by peer/);
  });
});

describe('the gateway, told nonsense', { skip }, () => {
  for (const args of [
    [],
    ['--port', '/dev/null'],
    ['--port', '/dev/null', '--listen', '65536'],
    ['--port', '/dev/null', '--listen', '8080', '--to', '192.168.7.2'],
    ['--port', '/dev/null', '--listen', '8080=far:80'],
    ['--port', '/dev/null', '--socks', 'a:b:c'],
  ]) {
    test(`exits 2: phpstack-ts gateway ${args.join(' ')}`, async () => {
      assert.equal((await runProgram('gateway', ...args)).code, 2);
    });
  }
});
