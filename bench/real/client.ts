/** Gets pages in the client's network namespace: `client.ts download|visit BYTES COUNT` prints JSON. */
import { Agent, get } from 'node:http';
import { bodyOf, SERVER } from '../pair.ts';

const [task, bytes, count] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const expected = bodyOf(bytes);
console.log(JSON.stringify(task === 'visit' ? await visit() : await download()));

/** All at once. */
async function download(): Promise<{ ms: number; atFirstEnd: number[] }> {
  const startedAt = performance.now();
  const got = Array.from({ length: count }, () => 0);
  const downloads = got.map((_, i) => fetchBody((length) => (got[i]! += length)));
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

/** Over a connection of its own. @throws where the body is not what it should be */
function fetchBody(onBytes: (length: number) => void = () => {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: SERVER, path: `/${bytes}`, agent: new Agent() }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        onBytes(chunk.length);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (Buffer.concat(chunks).equals(expected)) resolve();
        else reject(new Error(`not the ${bytes} bytes that were asked for`));
      });
    });
    request.on('error', reject);
  });
}
