"""The far end of a serial line: a TUN device of the kernel, SLIP, a UART's pace, and a pty for the other end.

    unshare --net python3 line.py --address 192.168.7.1 --peer 192.168.7.2 [--mtu 1500] [--port TTY]
                                  [--baud 115200] [--bit-error-rate 1e-5 --seed 1]

Makes the device sl0 in the network namespace it runs in, and a pty (or opens TTY), and carries datagrams
between the two. With --baud each direction is as slow as a UART, 10 bit times a byte; without, as fast as
the machine. It has a SLIP of its own on purpose: so it checks the one of the program at the other end.

Speaks in lines on stdin and stdout. It first tells {"port": ...}, then answers each command in turn, in JSON:

    inject HEX          puts these bytes, as they are, on the line toward the other end; answers once they left
    noise COUNT SEED    does that with so many random bytes, back to back
    stats               the counters

and ends when stdin does, so that nothing outlives the tests, however they end.
"""

import argparse
import contextlib
import errno
import fcntl
import json
import math
import os
import random
import select
import struct
import subprocess
import termios
import time
import tty

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
DEVICE = "sl0"

FIFO = 4096  # bytes a UART driver takes before it stops its writer
LOW = 256  # it goes on below this; the kernel's SLIP device fetches its next datagram then, too
UNREAD = 65536  # bytes kept for a reader that does not read; more are lost, as with a UART
TICK = 0.001  # seconds: how finely the pace is kept

END, ESC, ESC_END, ESC_ESC = b"\xc0", b"\xdb", b"\xdb\xdc", b"\xdb\xdd"


def slip_frame(datagram):
    return END + datagram.replace(ESC, ESC_ESC).replace(END, ESC_END) + END


class SlipReader:
    """Cuts a stream of bytes into the frames of RFC 1055."""

    def __init__(self):
        self.rest = b""

    def frames(self, data):
        *ended, self.rest = (self.rest + data).split(END)
        return [frame.replace(ESC_END, END).replace(ESC_ESC, ESC) for frame in ended if frame]


class Faults:
    """Turns over each bit with the same small probability; the same seed and bytes give the same faults."""

    def __init__(self, rate, seed):
        self.rate, self.random = rate, random.Random(seed)
        self.flipped = 0
        self.skip = self.gap()

    def gap(self):
        if self.rate <= 0:
            return math.inf
        return math.floor(math.log(1 - self.random.random()) / math.log1p(-self.rate))

    def apply(self, data):
        bits = len(data) * 8
        damaged = bytearray(data)
        while self.skip < bits:
            damaged[self.skip // 8] ^= 1 << (self.skip % 8)
            self.flipped += 1
            self.skip += 1 + self.gap()
        self.skip -= bits
        return bytes(damaged)


class Wire:
    """One direction: a FIFO, and a transmitter that sends `rate` bytes a second from it (infinity: at once)."""

    def __init__(self, rate, faults):
        self.rate, self.faults = rate, faults
        self.fifo = bytearray()
        self.free = 0.0  # when the transmitter has sent all that it has taken out of the FIFO
        self.bytes = self.longest = 0

    def put(self, data, now):
        if not self.fifo:
            self.free = max(self.free, now)
        self.fifo += data
        self.longest = max(self.longest, len(self.fifo))

    def busy_for(self, now):
        """Seconds until the last byte in the FIFO has been sent."""
        return self.free + len(self.fifo) / self.rate - now if self.fifo else math.inf

    def arrived(self, now):
        """Takes out the bytes whose last bit has been sent by now."""
        count = len(self.fifo)
        if self.rate < math.inf:
            count = max(0, min(count, int((now - self.free) * self.rate + 1e-6)))
            self.free += count / self.rate
        data = self.faults.apply(bytes(self.fifo[:count]))
        del self.fifo[:count]
        self.bytes += count
        return data


class Line:
    def __init__(self, options):
        rate = options.baud / 10 if options.baud else math.inf
        self.paced = rate < math.inf
        self.out = Wire(rate, Faults(options.bit_error_rate, options.seed))  # to the other end
        self.back = Wire(rate, Faults(options.bit_error_rate, options.seed + 1))  # from the other end
        self.unread = bytearray()  # sent to the other end, which has not read it yet
        self.reader = SlipReader()
        self.counters = {"lost": 0, "stops": 0, "frames": 0, "refused": 0}
        self.commands = b""
        self.injecting = None  # what a command puts on the line: all of it, and how much is in the FIFO already
        self.stopped = False
        self.tun = open_tun(options)
        if options.port:
            self.master, self.slave = os.open(options.port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK), None
            tty.setraw(self.master)
            self.port = options.port
        else:
            self.master, self.slave = os.openpty()  # the slave stays open: the line does not hang up
            os.set_blocking(self.master, False)
            tty.setraw(self.slave)
            self.port = os.ttyname(self.slave)

    def run(self):
        while True:
            readers = [0, self.master] if self.wants_bytes() else [0]
            if self.wants_datagram():
                readers.append(self.tun)
            writers = [self.master] if self.unread else []
            readable, _, _ = select.select(readers, writers, [], self.patience())
            now = time.monotonic()
            if 0 in readable and not self.obey(os.read(0, 65536)):
                return
            if self.tun in readable:
                self.send_datagram(os.read(self.tun, 65536), now)
            if self.master in readable:
                self.back.put(os.read(self.master, 65536), now)
            self.inject(now)
            self.deliver(now)
            self.hold_writer()

    def wants_datagram(self):
        waiting = len(self.out.fifo) + (0 if self.paced else len(self.unread))
        return waiting < LOW and self.injecting is None

    def wants_bytes(self):
        return self.slave is not None or len(self.back.fifo) < FIFO

    def patience(self):
        """A tick while there is anything to send, or less, so that the end of a frame is not late."""
        if not (self.out.fifo or self.back.fifo or self.injecting):
            return None
        now = time.monotonic()
        return max(0, min(TICK, self.out.busy_for(now), self.back.busy_for(now)))

    def send_datagram(self, datagram, now):
        if datagram[0] >> 4 == 4:  # SLIP carries nothing else
            self.out.put(slip_frame(datagram), now)

    def deliver(self, now):
        self.unread += self.out.arrived(now)
        self.counters["lost"] += max(0, len(self.unread) - UNREAD)
        del self.unread[UNREAD:]
        if self.unread:
            try:
                del self.unread[: os.write(self.master, self.unread)]
            except BlockingIOError:
                pass
        for frame in self.reader.frames(self.back.arrived(now)):
            self.counters["frames"] += 1
            self.receive_datagram(frame)

    def receive_datagram(self, frame):
        try:
            os.write(self.tun, frame)
        except OSError as error:  # what is no IP datagram at all
            if error.errno not in (errno.EINVAL, errno.EMSGSIZE):
                raise
            self.counters["refused"] += 1

    def hold_writer(self):
        """Stops the program at the other end while the FIFO is full: a pty alone would take 12 kB more."""
        full = len(self.back.fifo) >= (LOW if self.stopped else FIFO)
        if self.slave is None or full == self.stopped:
            return
        self.stopped = full
        self.counters["stops"] += full
        termios.tcflow(self.slave, termios.TCOOFF if full else termios.TCOON)

    def obey(self, text):
        *lines, self.commands = (self.commands + text).split(b"\n")
        for line in lines:
            command, *words = line.decode().split()
            if command == "inject":
                self.injecting = (bytes.fromhex(words[0]), 0)
            elif command == "noise":
                self.injecting = (random.Random(int(words[1])).randbytes(int(words[0])), 0)
            elif command == "stats":
                tell(self.stats())
        return text != b""

    def inject(self, now):
        if self.injecting is None:
            return
        data, start = self.injecting
        room = FIFO - len(self.out.fifo) - len(self.unread)
        if start < len(data) and room > 0:
            self.out.put(data[start : start + room], now)
            self.injecting = (data, start + room)
        elif start >= len(data) and not self.out.fifo and not self.unread:
            self.injecting = None
            tell({"bytes": len(data), "frames": sum(1 for frame in data.split(END) if frame)})

    def stats(self):
        return {
            **self.counters,
            "outBytes": self.out.bytes,
            "backBytes": self.back.bytes,
            "outLongest": self.out.longest,
            "backLongest": self.back.longest,
            "flipped": self.out.faults.flipped + self.back.faults.flipped,
        }


def act_like_hardware():
    """No UART waits for a processor that programs keep busy."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def open_tun(options):
    tun = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    # The queue is as short as slattach makes it.
    for setting in (
        f"link set {DEVICE} mtu {options.mtu} txqueuelen 10",
        f"addr add {options.address} peer {options.peer} dev {DEVICE}",
        f"link set {DEVICE} up",
        "link set lo up",
    ):
        subprocess.run(["ip", *setting.split()], check=True)
    return tun


def tell(answer):
    print(json.dumps(answer), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--mtu", type=int, default=1500)
    parser.add_argument("--port", help="a tty that exists, in place of a new pty")
    parser.add_argument("--baud", type=int, default=0, help="0: as fast as it goes")
    parser.add_argument("--bit-error-rate", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    line = Line(parse_arguments())
    if line.paced:
        act_like_hardware()
    tell({"port": line.port})
    try:
        line.run()
    except OSError as error:
        if error.errno != errno.EIO:  # a tty of another's has gone
            raise
