// A protocol of one's own: a station sends a reading each minute, as a line of text, over a connection that
// it opens anew whenever it is lost.
import { connect, listen } from 'phpstack-ts';

const MINUTE = 60_000;
/** From the end of a connection to the next attempt, in ms. */
const PAUSE = 5000;
export const PORT = 4711;

/** Collects readings: `onReading` is called with each, a line of text. */
export function collect(stack, onReading) {
  return listen(stack, PORT, (socket) => {
    let rest = '';
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) onReading(line);
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
  });
}

/** Sends `read()` each minute by `clock`. @returns a function that ends it */
export function report(stack, address, read, clock) {
  let socket;
  let timer;
  const open = () => {
    socket = connect(stack, { address, port: PORT }).on('error', () => {});
    socket.on('close', () => {
      clock.clearTimeout(timer);
      timer = clock.setTimeout(open, PAUSE);
    });
    send();
  };
  const send = () => {
    socket.write(`${read()}\n`);
    timer = clock.setTimeout(send, MINUTE);
  };
  open();
  return () => {
    clock.clearTimeout(timer);
    socket.removeAllListeners('close').end();
  };
}
