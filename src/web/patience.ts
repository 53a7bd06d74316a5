/** Waited for longer than the limit. */
export class OutOfPatience extends Error {}

/**
 * What `promise` resolves to, if it does within `limit` ms; as long as `isExcused` says so, the time
 * starts anew.
 *
 * @throws {OutOfPatience}
 */
export async function within<T>(
  limit: number,
  promise: Promise<T>,
  isExcused: () => boolean = () => false,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const start = () => {
      timer = setTimeout(() => (isExcused() ? start() : reject(new OutOfPatience())), limit);
    };
    start();
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** The chunks, each of which comes within `limit` ms of being asked for. @throws {OutOfPatience} */
export async function* eachWithin<T>(
  limit: number,
  chunks: AsyncIterable<T>,
  isExcused?: () => boolean,
): AsyncGenerator<T, void, undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  let isDone = false;
  try {
    while (!isDone) {
      const next = await within(limit, iterator.next(), isExcused);
      isDone = next.done === true;
      if (!next.done) yield next.value;
    }
  } finally {
    // Not awaited: it may hang just as the chunk that did not come.
    if (!isDone) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
