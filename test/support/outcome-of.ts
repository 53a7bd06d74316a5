import assert from 'node:assert/strict';
import type { Drop } from '../../src/wire/drop.ts';

/**
 * What `parse` made of its bytes: the value, or the one reason why it refused them.
 * @throws {AssertionError} when it gave both, neither, or several reasons
 */
export function outcomeOf<Reason extends string, Value extends object>(
  parse: (drop: Drop<Reason>) => Value | undefined,
): Value | Reason {
  const reasons: Reason[] = [];
  const value = parse((reason) => {
    reasons.push(reason);
    return undefined;
  });
  assert.equal(reasons.length, value ? 0 : 1);
  return value ?? reasons[0]!;
}
