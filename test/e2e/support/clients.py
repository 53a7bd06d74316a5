"""Clients that do what curl cannot. Each prints what it saw as one line of JSON, its last.

    python3 clients.py NAME ADDRESS [ARGUMENT...]
"""

import fcntl
import json
import socket
import struct
import sys
import time

SIOCOUTQNSD = 0x894B  # how many bytes of a socket have not been sent yet
PATIENCE = 150  # seconds; a test that waits for longer has failed


def connect(address, port=80):
    client = socket.create_connection((address, int(port)), timeout=PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def read_to_end(client):
    """All that comes, and whether FIN or RST ended it."""
    received = b""
    try:
        while data := client.recv(65536):
            received += data
        return received, "FIN"
    except ConnectionResetError:
        return received, "RST"


def status_line(response):
    return response.split(b"\r\n")[0].decode()


def trickle(address, length):
    """A request of `length` bytes, each in a segment of its own."""
    start = b"GET / HTTP/1.1\r\nHost: trickle\r\nConnection: close\r\nX-Padding: "
    request = start.ljust(int(length) - 4, b"x") + b"\r\n\r\n"
    client = connect(address)
    for byte in request:
        client.sendall(bytes([byte]))
        while unsent(client):
            time.sleep(0.001)
    response, end = read_to_end(client)
    return {"status": status_line(response), "end": end}


def unsent(client):
    return struct.unpack("i", fcntl.ioctl(client, SIOCOUTQNSD, bytes(4)))[0]


def unfinished(address):
    """A request that stops in its head."""
    client = connect(address)
    client.sendall(b"GET / HTTP/1.1\r\nHost: unfinished\r\nX-More: ")
    started = time.monotonic()
    response, end = read_to_end(client)
    return {"status": status_line(response), "end": end, "seconds": time.monotonic() - started}


def idle(address):
    """A connection without a request, until the other end closes it. Says when it stands."""
    client = connect(address)
    print("connected", flush=True)
    response, end = read_to_end(client)
    return {"status": status_line(response), "end": end}


def stalled(address, path):
    """A download that is not read. Says when it has begun."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(PATIENCE)
    client.connect((address, 80))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: stalled\r\n\r\n".encode())
    client.recv(1)
    print("begun", flush=True)
    time.sleep(PATIENCE)


def in_two(address):
    """A request in two segments, of which the second follows the answer to the first."""
    client = connect(address)
    client.sendall(b"GET / HTTP/1.1\r\nHost: in two\r\n")
    response, end = read_to_end(client)
    client.sendall(b"\r\n")
    client.close()
    return {"status": status_line(response), "end": end}


def kept_alive(address):
    """A connection that is kept after its response, until the other end closes it. Says when it was served."""
    client = connect(address)
    client.sendall(b"GET / HTTP/1.1\r\nHost: kept\r\n\r\n")
    response = client.recv(65536)
    print("served", flush=True)
    _, end = read_to_end(client)
    return {"status": status_line(response), "end": end}


def knock(address, port):
    """An attempt to connect."""
    started = time.monotonic()
    try:
        connect(address, port).close()
        error = None
    except OSError as failure:
        error = type(failure).__name__
    return {"error": error, "seconds": time.monotonic() - started}


def udp(address, port, size):
    """A UDP datagram, and the error it brings."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10)
    client.connect((address, int(port)))
    client.send(bytes(int(size)))
    try:
        client.recv(1)
        return {"error": None}
    except OSError as failure:
        return {"error": type(failure).__name__}


def protocol(address, number):
    """A datagram of some IP protocol, and the ICMP message it brings."""
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    icmp.settimeout(10)
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, int(number))
    sender.sendto(b"hello", (address, 0))
    answer, (source, _) = icmp.recvfrom(65536)
    message = answer[(answer[0] & 15) * 4 :]
    quoted = message[8:]
    return {"from": source, "type": message[0], "code": message[1], "about": quoted[9], "quoted": len(quoted)}


CLIENTS = [trickle, unfinished, idle, stalled, in_two, kept_alive, knock, udp, protocol]

if __name__ == "__main__":
    client = {function.__name__: function for function in CLIENTS}[sys.argv[1]]
    print(json.dumps(client(*sys.argv[2:])), flush=True)
