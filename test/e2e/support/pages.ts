import assert from 'node:assert/strict';

/** The number by which the front page greets its visitor. */
export function visitorNumber(page: string): number {
  const text = withoutTags(page);
  const match = text.match(/visitor\D{0,40}(\d[\d,]*)/i) ?? text.match(/(\d[\d,]*)(?:st|nd|rd|th)? visitor/i);
  assert.ok(match, `no visitor number on the page:\n${page}`);
  return Number(match[1]!.replaceAll(',', ''));
}

/** How many frames and datagrams were refused, by reason, as the status page says. */
export function refusals(page: string): Record<string, number> {
  const counted = withoutTags(page).matchAll(/\b((?:slip|ip)-[a-z-]+)\W+?(\d[\d,]*)/g);
  return Object.fromEntries(
    Array.from(counted, ([, reason, count]) => [reason, Number(count!.replaceAll(',', ''))]),
  );
}

function withoutTags(page: string): string {
  return page.replace(/<(style|script).*?<\/\1>/gs, ' ').replace(/<[^>]*>/g, ' ');
}
