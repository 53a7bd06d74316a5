export interface Target {
  /** The property: throws, or rejects, where it does not hold for an input. */
  fuzz: (bytes: Uint8Array) => void | Promise<void>;
  /** Longest input that is tried, in bytes. */
  longest: number;
}

/** What can be fuzzed, by name; each loads its module. */
export const TARGETS: Record<string, () => Promise<Target>> = {
  slip: async () => ({ ...(await import('./targets/slip.ts')), longest: 16_384 }),
  vj: async () => ({ ...(await import('./targets/vj.ts')), longest: 4096 }),
  ipv4: async () => ({ ...(await import('./targets/ipv4.ts')), longest: 4096 }),
  'tcp-options': async () => ({ ...(await import('./targets/tcp-options.ts')), longest: 4096 }),
  stack: async () => ({ ...(await import('./targets/stack.ts')), longest: 2048 }),
  http: async () => ({ ...(await import('./targets/http.ts')), longest: 2048 }),
};
