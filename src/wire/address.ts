/**
 * IPv4 addresses are unsigned 32-bit numbers inside the stack and dotted quads outside it.
 */

/** @throws {RangeError} when `text` is not a dotted quad of decimal numbers from 0 to 255. */
export function parseAddress(text: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (!parts?.every((part) => part <= 255)) throw new RangeError(`not an IPv4 address: ${text}`);
  return parts.reduce((address, part) => address * 256 + part, 0);
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Whether a datagram may come from `address`: not "this network", loopback, multicast, reserved or broadcast (RFC 1122 §3.2.1.3). */
export function isUnicast(address: number): boolean {
  const network = address >>> 24;
  return network !== 0 && network !== 127 && network < 224;
}
