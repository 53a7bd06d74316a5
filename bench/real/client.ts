/** Gets pages in the client's network namespace: `client.ts TASK BYTES COUNT [MS]` prints JSON; see the bed. */
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../src/line/random.ts';
import { type Circle, type Downloads, type Flock, PATIENCE } from '../bed.ts';
import { bodyOf, SERVER } from '../pair.ts';

const [bytes, count, ms] = process.argv.slice(3).map(Number) as [number, number, number];
const expected = bodyOf(bytes);
const tasks: Record<string, () => Promise<unknown>> = { download, visit, flock, circle };
console.log(JSON.stringify(await tasks[process.argv[2]!]!()));
process.exit();

/** All at once. */
async function download(): Promise<Downloads> {
  const startedAt = performance.now();
  const got = Array.from({ length: count }, () => 0);
  const downloads = got.map((_, i) => fetchBody({ onBytes: (length) => (got[i]! += length) }));
  await Promise.race(downloads);
  const atFirstEnd = [...got];
  await Promise.all(downloads);
  return { ms: performance.now() - startedAt, atFirstEnd };
}

/** One after the other. */
async function visit(): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) {
    const startedAt = performance.now();
    await fetchBody();
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** So many a second, by chance, whoever else is there. */
async function flock(): Promise<Flock> {
  const random = seededRandom(1);
  const endsAt = performance.now() + ms;
  let served = 0;
  const visits: Promise<void>[] = [];
  for (let at = performance.now(); at < endsAt; at += (-Math.log(1 - random()) * 1000) / count) {
    await delay(Math.max(0, at - performance.now()));
    const visit = fetchBody({ patience: PATIENCE }).then(
      () => void (performance.now() <= endsAt && served++),
      () => {},
    );
    visits.push(visit);
  }
  await delay(Math.max(0, endsAt - performance.now()));
  await Promise.all(visits);
  const leftAt = performance.now();
  const isServed = await fetchBody({ patience: PATIENCE }).then(
    () => true,
    () => false,
  );
  return { served, recovery: isServed ? performance.now() - leftAt : PATIENCE };
}

/** Each again and again. */
async function circle(): Promise<Circle> {
  const times: number[] = [];
  const endsAt = performance.now() + ms;
  let neverServed = 0;
  const visitor = async () => {
    let visits = 0;
    while (performance.now() < endsAt) {
      const startedAt = performance.now();
      const isServed = await fetchBody({ patience: endsAt - startedAt }).then(
        () => true,
        () => delay(100, false),
      );
      if (!isServed) continue;
      visits++;
      times.push(performance.now() - startedAt);
    }
    if (visits === 0) neverServed++;
  };
  await Promise.all(Array.from({ length: count }, visitor));
  return { times, neverServed };
}

interface FetchOptions {
  onBytes?: (length: number) => void;
  /** For how long, ms. */
  patience?: number;
}

/** Over a connection of its own. @throws where the body is not what it should be, or not there in time */
function fetchBody({ onBytes = () => {}, patience }: FetchOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: SERVER, path: `/${bytes}`, agent: new Agent() }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onBytes(chunk.length);
      });
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        if (Buffer.concat(chunks).equals(expected)) resolve();
        else reject(new Error(`not the ${bytes} bytes that were asked for`));
      });
    });
    request.on('error', reject);
    const timer = patience && setTimeout(() => request.destroy(new Error('it took too long')), patience);
  });
}
