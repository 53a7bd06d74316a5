/** How far the two clocks may drift apart before the one that was set is believed, in ms. */
const SLACK = 1000;

/** What the wall clock said when the monotonic one began. */
let origin = performance.timeOrigin;

/** Ms since 1970, to the microsecond; it follows when the system's clock is set, as boxes without one do once they are online. */
export function wallClock(): number {
  const now = performance.now();
  if (Math.abs(Date.now() - (origin + now)) > SLACK) origin = Date.now() - now;
  return origin + now;
}
