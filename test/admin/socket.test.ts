import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { AdminError, openAdmin } from '../../src/admin/socket.ts';
import { TiedProcess } from '../e2e/support/tied.ts';
import { daemonView, lineView } from '../support/admin.ts';
import { folder } from '../support/web.ts';

const view = daemonView(lineView());

async function ask(socketPath: string, path: string, method = 'GET') {
  const asked = request({ socketPath, path, method }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) };
}

test('it answers what it is there for, and nothing else', async (t) => {
  const path = join(folder(), 'admin.sock');
  const admin = await openAdmin(path, view);
  t.after(() => admin.close());
  const metrics = await ask(path, '/metrics');
  assert.match(metrics.type!, /^text\/plain; version=0\.0\.4/);
  assert.match(metrics.body, /^phpstack_visitors_total 13157$/m);
  const status = await ask(path, '/status?pretty');
  assert.equal(status.type, 'application/json');
  assert.equal(JSON.parse(status.body).visitors, 13_157);
  assert.equal((await ask(path, '/status', 'HEAD')).body, '');
  assert.equal((await ask(path, '/status', 'POST')).status, 405);
  assert.equal((await ask(path, '/')).status, 404);
});

test('only its owner and group may connect, and it is gone when it is closed', async () => {
  const path = join(folder(), 'admin.sock');
  const admin = await openAdmin(path, view);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  admin.close();
  assert.equal(existsSync(path), false);
});

test('what a killed process left there is replaced', async () => {
  const path = join(folder(), 'admin.sock');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const other = new TiedProcess(process.execPath, '-e', script);
  await other.wrote('stdout', /up/);
  await other.kill('SIGKILL');
  assert.ok(existsSync(path));
  const admin = await openAdmin(path, view);
  assert.equal((await ask(path, '/status')).status, 200);
  admin.close();
});

test('where another process answers, or something else is, that is left alone', async (t) => {
  const path = join(folder(), 'admin.sock');
  const other = createServer().listen(path);
  await once(other, 'listening');
  t.after(() => other.close());
  const refused = (pattern: RegExp) => (error: Error) =>
    error instanceof AdminError && pattern.test(error.message);
  await assert.rejects(openAdmin(path, view), refused(/^another process answers at the admin socket \/\S+$/));
  assert.ok(existsSync(path));
  const file = join(folder({ file: 'precious' }), 'file');
  await assert.rejects(openAdmin(file, view), refused(/is there and is no socket/));
  assert.ok(existsSync(file));
  await assert.rejects(openAdmin('/no/such/folder/sock', view), refused(/ENOENT|EACCES/));
});
