import assert from 'node:assert/strict';
import { LARGEST_FRAME, SlipDecoder, slipEncoder } from '../../../src/line/slip.ts';
import { Input } from '../input.ts';

const END = '\xc0';
/** What stands in a frame up to the first escape that is none (RFC 1055). */
const SOUND = /^(?:[^\xdb]|\xdb[\xdc\xdd])*/;

const encode = slipEncoder();

/** A stream of any bytes gives the same frames however it is cut up, and what is sent arrives. */
export function fuzz(bytes: Uint8Array): void {
  const input = new Input(bytes);
  const cuts = [input.byte(), input.byte()];
  const stream = input.rest();
  const decoded = decode([stream]);
  assert.deepEqual(decoded, expectedOf(stream));
  assert.deepEqual(decode(pieces(stream, cuts)), decoded, 'cut up, it says something else');
  if (stream.length > 0 && stream.length <= LARGEST_FRAME) {
    const sent = encode(stream, cuts[0]! > 127);
    assert.deepEqual(decode(pieces(sent, cuts)), { frames: [latin1(stream)], drops: [] });
  }
}

function decode(stream: Uint8Array[]): { frames: string[]; drops: string[] } {
  const frames: string[] = [];
  const drops: string[] = [];
  const decoder = new SlipDecoder(
    (frame) => void frames.push(latin1(frame)),
    (reason) => void drops.push(reason) as undefined,
  );
  for (const piece of stream) {
    decoder.push(piece);
    assert.ok(decoder.unfinished.length <= LARGEST_FRAME);
  }
  return { frames, drops };
}

/** The same by other means: what is between ENDs, as text. */
function expectedOf(stream: Uint8Array): { frames: string[]; drops: string[] } {
  const frames: string[] = [];
  const drops: string[] = [];
  const between = latin1(stream).split(END);
  between.forEach((text, i) => {
    const isUnfinished = i === between.length - 1;
    const [sound] = SOUND.exec(text)!;
    const frame = sound.replaceAll('\xdb\xdc', END).replaceAll('\xdb\xdd', '\xdb');
    const escapesLast = isUnfinished && sound.length + 1 === text.length;
    if (frame.length > LARGEST_FRAME) drops.push('slip-oversize');
    else if (sound.length < text.length && !escapesLast) drops.push('slip-escape');
    else if (frame.length > 0 && !isUnfinished) frames.push(frame);
  });
  return { frames, drops };
}

/** Pieces of so many bytes in turn. */
function pieces(stream: Uint8Array, sizes: number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = 1 + sizes[cut.length % sizes.length]!;
    cut.push(stream.slice(at, at + size));
    at += size;
  }
  return cut;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
