"""A service manager's socket (sd_notify(3)) at the path given.

Writes a line for each datagram: the time in seconds, and what was assigned, with spaces between.
"""

import socket
import sys
import time

manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('bound', flush=True)
while True:
    assignments = manager.recv(4096).decode().split('\n')
    # What systemd-notify adds, to learn that it has been heard.
    if assignments != ['BARRIER=1']:
        print(f'{time.monotonic():.3f}', *filter(None, assignments), flush=True)
