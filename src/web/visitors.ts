export class StateError extends Error {}
export async function openVisitors(_dir: string, _log: unknown) {
  let n = 0;
  return { next: async () => ++n, close: async () => {} };
}
