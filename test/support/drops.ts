import { type DropReason, IP_DROP_REASONS } from '../../src/ip/counters.ts';
import type { Stack } from '../../src/ip/stack.ts';
import { TCP_DROP_REASONS } from '../../src/tcp/counters.ts';

const REASONS: readonly DropReason[] = [...IP_DROP_REASONS, ...TCP_DROP_REASONS];

/** The reasons under which `stack` has refused something, each as often as it was counted; `earlier` ones left out. */
export function dropsOf(stack: Stack, earlier: readonly DropReason[] = []): DropReason[] {
  return REASONS.flatMap((reason) => {
    const before = earlier.filter((other) => other === reason).length;
    return new Array<DropReason>(stack.counters[reason] - before).fill(reason);
  });
}
