"""Something other than a SLIP peer as it should be at the far end of a pty, whose path it prints first.

    python3 far_end.py silent|loopback|login|noise|damaged|compressed
"""

import os
import random
import select
import sys
import tty

# An echo request from 192.168.7.1 to 192.168.7.2, whose header has a wrong checksum.
PING = bytes.fromhex("4500001c0001000040010000c0a80701c0a807020800f7fe00010000")
# A header that the next one refers to, and that one (RFC 1144): types 7 and 8.
MARKED = bytes.fromhex("75000028000140004000ffffc0a80701c0a80702") + bytes(20)
COMPRESSED = bytes.fromhex("80abcd")


def slip(*datagrams):
    """Frames, each with an END on either side (RFC 1055)."""
    escaped = (d.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") for d in datagrams)
    return b"".join(b"\xc0" + datagram + b"\xc0" for datagram in escaped)


SAYS = {
    "login": lambda: b"\r\nDebian GNU/Linux 12 far ttyS0\r\n\r\nfar login: ",
    "noise": lambda: random.randbytes(300),
    "damaged": lambda: slip(PING),
    "compressed": lambda: slip(MARKED, COMPRESSED),
}

what = sys.argv[1]
master, slave = os.openpty()
tty.setraw(slave)
print(os.ttyname(slave), flush=True)
while True:
    if select.select([master], [], [], 0.1)[0]:
        heard = os.read(master, 65536)
        if what == "loopback":
            os.write(master, heard)
    elif what in SAYS:
        os.write(master, SAYS[what]())
