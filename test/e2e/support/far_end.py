"""Something other than a SLIP peer at the far end of a pty, whose path it prints first.

    python3 far_end.py silent|loopback|login|noise
"""

import os
import random
import select
import sys
import tty

SAYS = {
    "login": lambda: b"\r\nDebian GNU/Linux 12 far ttyS0\r\n\r\nfar login: ",
    "noise": lambda: random.randbytes(300),
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
