import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as library from '../src/index.ts';
import { newCounters } from '../src/ip/counters.ts';
import { LARGEST_FRAME } from '../src/line/slip.ts';
import { VirtualLine } from '../src/line/virtual-line.ts';
import { LONGEST_HEADER, SLOTS } from '../src/line/vj.ts';
import { HTTP_LIMITS } from '../src/web/http-limits.ts';
import { SCRIPT_LIMITS } from '../src/web/script-limits.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const exists = (path: string) => existsSync(new URL(path, import.meta.url));

test('docs/operating.md explains each counter', () => {
  const operating = read('../docs/operating.md');
  const names = [...Object.keys(newCounters()), ...Object.keys(new VirtualLine().a.counters)];
  const missing = names.filter((name) => !operating.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
});

test('docs/rfc.md names tests and sources that exist', () => {
  const rfc = read('../docs/rfc.md');
  const scenarios = rfc.match(/[\w-]+\.pkt/g)!.filter((name) => name !== 'x.pkt');
  const tests = rfc.match(/[\w/-]+\.test\.ts/g)!;
  const sources = rfc.match(/(?<![\w/.-])(?:wire|ip|tcp|line|node)\/[\w-]+\.ts/g)!;
  const paths = [
    ...scenarios.map((name) => `./scenarios/${name}`),
    ...tests.map((name) => `./${name}`),
    ...sources.map((name) => `../src/${name}`),
  ];
  assert.deepEqual(
    paths.filter((path) => !exists(path)),
    [],
  );
});

test('docs/library.md names all that is exported', () => {
  const text = read('../docs/library.md');
  assert.deepEqual(
    Object.keys(library).filter(
      (name) => !text.includes(`\`${name}`) && !new RegExp(`\\b${name}\\(`).test(text),
    ),
    [],
  );
});

for (const page of ['README.md', 'SECURITY.md', 'docs/fuzzing.md']) {
  test(`${page} links to what is there`, () => {
    const links = [...read(`../${page}`).matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, path]) => path!);
    const missing = links.filter(
      (path) => !existsSync(new URL(path, new URL(`../${page}`, import.meta.url))),
    );
    assert.deepEqual(missing, []);
  });
}

test('SECURITY.md tells the bounds that hold', () => {
  const security = read('../SECURITY.md');
  const of = (count: number) => count.toLocaleString('en');
  const bounds = [
    `${of(LARGEST_FRAME)} bytes`,
    `${SLOTS} connections, ${LONGEST_HEADER} bytes each`,
    `${HTTP_LIMITS.maxHeaderSize / 1024} KiB, ${HTTP_LIMITS.maxHeaders} headers, ${HTTP_LIMITS.headersTimeout / 1000} s`,
    `${HTTP_LIMITS.maxBodySize / 2 ** 20} MiB of body, ${HTTP_LIMITS.requestTimeout / 60_000} minutes`,
    `${of(HTTP_LIMITS.maxRequestsPerSocket)} requests each; ${HTTP_LIMITS.keepAliveTimeout / 1000} s between two, ${HTTP_LIMITS.crowdedKeepAliveTimeout / 1000} s while others wait`,
    `${of(HTTP_LIMITS.maxKeptConnections)} without a request; ${of(HTTP_LIMITS.maxConnectionsPerAddress)} of one address`,
    `${SCRIPT_LIMITS.processes} processes and ${SCRIPT_LIMITS.waiting} requests waiting`,
    `${SCRIPT_LIMITS.silence / 1000} s of silence, ${SCRIPT_LIMITS.lifetime / 60_000} minutes and ${SCRIPT_LIMITS.output / 2 ** 20} MiB`,
  ];
  assert.deepEqual(
    bounds.filter((bound) => !security.includes(bound)),
    [],
  );
});
