import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerCommands } from '../../src/cli/peer-commands.ts';

const LINE = {
  port: '/dev/ttyS0',
  baud: 9600,
  address: '10.0.0.2',
  peer: '10.0.0.1',
  mtu: 296,
  framing: 'auto',
  flowControl: 'none',
} as const;

test("the commands are for the line's own ends, speed and MTU", () => {
  assert.equal(
    peerCommands(LINE),
    '\nAt a Linux box on the other end of /dev/ttyS0, as root (its port may have another name):\n' +
      '  slattach -L -p slip -s 9600 /dev/ttyUSB0 &\n' +
      '  ip addr add 10.0.0.1 peer 10.0.0.2 dev sl0\n' +
      '  ip link set sl0 mtu 296 up\n\n',
  );
});

//    what            settings                     slattach
const cases = [
  ['plain SLIP', { framing: 'slip' }, '-L -p slip -s 9600'],
  ['compressed headers', { framing: 'cslip' }, '-L -p cslip -s 9600'],
  ['RTS and CTS', { flowControl: 'rtscts' }, '-p slip -s 9600'],
  ['both', { framing: 'cslip', flowControl: 'rtscts' }, '-p cslip -s 9600'],
  ['no pace', { baud: 0 }, '-L -p slip -s 115200'],
] as const;

for (const [what, settings, slattach] of cases) {
  test(`the other end is attached as ${what} needs it`, () => {
    assert.match(
      peerCommands({ ...LINE, ...settings }),
      new RegExp(` {2}slattach ${slattach} /dev/ttyUSB0 &`),
    );
  });
}
