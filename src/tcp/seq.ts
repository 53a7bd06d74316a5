/**
 * Sequence numbers are signed 32-bit numbers, compared by the sign of their difference, so that
 * order holds across the wrap (RFC 9293 §3.4).
 */

/** a < b */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** a ≤ b */
export function atMost(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

export function add(seq: number, count: number): number {
  return (seq + count) | 0;
}

/** Octets from `from` up to `to`; negative when `to` lies before `from`. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

export function later(a: number, b: number): number {
  return before(a, b) ? b : a;
}

export function earlier(a: number, b: number): number {
  return before(a, b) ? a : b;
}
