"""Clients that do what curl cannot. Each prints what it saw as one line of JSON, its last.

    python3 clients.py NAME ADDRESS [ARGUMENT...]
"""

import fcntl
import json
import random
import resource
import selectors
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


RATE = 11520  # bytes a second that a line of 115200 bps carries
FRAMING = 4  # bytes that SLIP adds, or nearly so
SYN, RST, ACK = 0x02, 0x04, 0x10
MORE_FRAGMENTS = 0x2000


def flood(address, kind, share, seconds):
    """Forged datagrams, `share` times as many as the line carries. Says when it has begun."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    dice = random.Random(kind)
    sent, began = 0, time.monotonic()
    print("begun", flush=True)
    while (elapsed := time.monotonic() - began) < float(seconds):
        if sent > elapsed * float(share) * RATE:
            time.sleep(0.001)
            continue
        datagram = FORGERIES[kind](dice, address)
        sent += len(datagram) + FRAMING
        try:
            sender.sendto(datagram, (address, 0))
        except OSError:
            time.sleep(0.001)  # the device's queue is full, which is what a flood does
    return {"bytes": sent}


def forged(dice, address, protocol, payload, fragment=0):
    """A datagram that seems to come from anywhere. The kernel fills in its length and checksum."""
    source = bytes([10, *dice.randbytes(3)])
    header = struct.pack("!BBHHHBBH", 0x45, 0, 0, dice.randrange(1, 65536), fragment, 64, protocol, 0)
    return header + source + socket.inet_aton(address) + payload(source, socket.inet_aton(address))


def forged_segment(flags):
    def forge(dice, address):
        numbers = dice.randrange(1, 65536), 80, dice.randrange(2**32), dice.randrange(2**32)
        segment = struct.pack("!HHIIBBHHH", *numbers, 0x50, flags, 65535, 0, 0)

        def with_checksum(source, destination):
            pseudo = source + destination + struct.pack("!HH", socket.IPPROTO_TCP, len(segment))
            return segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]

        return forged(dice, address, socket.IPPROTO_TCP, with_checksum)

    return forge


def forged_fragment(dice, address):
    """Of a datagram that never becomes whole."""
    fragment = MORE_FRAGMENTS | dice.randrange(100)
    return forged(dice, address, socket.IPPROTO_TCP, lambda *_: dice.randbytes(24), fragment)


def forged_ping(dice, address):
    echo = struct.pack("!BBHHH", 8, 0, 0, 1, 1) + dice.randbytes(56)
    payload = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
    return forged(dice, address, socket.IPPROTO_ICMP, lambda *_: payload)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


FORGERIES = {
    "SYNs": forged_segment(SYN),
    "resets": forged_segment(RST),
    "acknowledgments": forged_segment(ACK),
    "fragments": forged_fragment,
    "pings": forged_ping,
}


def lorises(address, count, *sources):
    """So many connections, whose requests come a byte every two seconds. Says when all are there, and ends
    when the server has ended all."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    clients = []
    while len(clients) < int(count):
        clients += crowd_of(100, address, sources[len(clients) // 100 % len(sources)])
    print("there", flush=True)
    while clients:
        time.sleep(2)
        clients = [client for client in clients if goes_on(client)]
    return {}


def goes_on(client):
    try:
        return client.send(b"x")
    except OSError:
        return False


def crowd_of(count, address, source):
    selector = selectors.DefaultSelector()
    clients = []
    for _ in range(count):
        client = socket.socket()
        client.setblocking(False)
        client.bind((source, 0))
        client.connect_ex((address, 80))
        selector.register(client, selectors.EVENT_WRITE)
        clients.append(client)
    while selector.get_map():
        for key, _ in selector.select():
            selector.unregister(key.fileobj)
            key.fileobj.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    return clients


CLIENTS = [flood, lorises, trickle, unfinished, idle, stalled, in_two, kept_alive, knock, udp, protocol]

if __name__ == "__main__":
    client = {function.__name__: function for function in CLIENTS}[sys.argv[1]]
    print(json.dumps(client(*sys.argv[2:])), flush=True)
