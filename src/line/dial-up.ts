import { write32 } from '../wire/bytes.ts';
import { END } from './slip.ts';

/**
 * What some peers say before they speak IP. None of it can be a datagram: an IPv4 header starts with
 * 0x45 or more, and a compressed one with 0x70 or more.
 *
 * Windows' "Communications cable between two computers" says CLIENT, without SLIP, until it hears
 * CLIENTSERVER; Contiki's tunslip asks for the address in a frame and takes it in another.
 */
const CLIENT = ascii('CLIENT');
const CLIENT_SERVER = Uint8Array.of(...ascii('CLIENTSERVER'), END);
const ADDRESS_REQUEST = ascii('?IPA');

/**
 * @param bytes a whole frame, or all that has come since the last one
 * @param address this end's, or undefined to leave such questions open
 * @returns the answer: bytes to send as they are, or a frame; undefined when `bytes` is no such greeting
 */
export function greetingAnswer(
  bytes: Uint8Array,
  address: number | undefined,
): { raw: Uint8Array; frame?: never } | { raw?: never; frame: Uint8Array } | undefined {
  if (isClient(bytes)) return { raw: CLIENT_SERVER };
  if (address === undefined || !equals(bytes, ADDRESS_REQUEST)) return undefined;
  const frame = new Uint8Array(8);
  frame.set(ascii('=IPA'));
  write32(frame, 4, address);
  return { frame };
}

/** CLIENT, perhaps more than once: it is repeated until it is answered. */
function isClient(bytes: Uint8Array): boolean {
  const times = bytes.length / CLIENT.length;
  return Number.isInteger(times) && times > 0 && bytes.every((byte, i) => byte === CLIENT[i % CLIENT.length]);
}

function equals(bytes: Uint8Array, expected: Uint8Array): boolean {
  return bytes.length === expected.length && bytes.every((byte, i) => byte === expected[i]);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
