#!/usr/bin/env python3
"""Records what a TLS client says first, as a line of lab/torture/clients/clients.def.

    record_hello.py NAME 'WHAT IT IS' -- COMMAND...

{port} in the command becomes a port of 127.0.0.1 where this listens; the command asks it for
httpbin.example.com and fails. What is random in a hello is not kept, only its length; the JA4 is
computed here, by itself.
"""
import hashlib
import socket
import subprocess
import sys
import textwrap


def grease(value):
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        self.at += count
        assert self.at <= len(self.data)
        return self.data[self.at - count : self.at]

    def number(self, width):
        return int.from_bytes(self.take(width), "big")

    def vec(self, width):
        return self.take(self.number(width))

    def left(self):
        return self.at < len(self.data)


def read_hello(connection):
    """The records of the first message; and the version of the first one."""
    message, version = b"", None
    while len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        header = connection.recv(5, socket.MSG_WAITALL)
        assert header[0] == 22, header
        version = version or header[1:3]
        message += connection.recv(int.from_bytes(header[3:5], "big"), socket.MSG_WAITALL)
    return version, message


def key_shares(body):
    shares, text = Reader(Reader(body).vec(2)), [body[:2].hex()]
    while shares.left():
        group = shares.number(2)
        key = shares.vec(2)
        text += ["%04x%04x" % (group, len(key)), key.hex() if grease(group) else "R%d" % len(key)]
    return text


def encrypted_hello(body):
    enc = int.from_bytes(body[6:8], "big")
    payload = int.from_bytes(body[8 + enc : 10 + enc], "big")
    return [body[:5].hex(), "R1", body[6:8].hex(), "R%d" % enc, "%04x" % payload, "R%d" % payload]


def text_of(kind, body, size):
    if kind == 0:
        return "S"
    if kind == 21:
        assert not any(body)
        return "P%d" % size
    if kind == 51:
        return ".".join(key_shares(body))
    if kind == 0xFE0D:
        return ".".join(encrypted_hello(body))
    if kind == 35 and body:
        return "R%d" % len(body)
    return body.hex()


def ja4(version, suites, kinds, bodies):
    def words(body):
        return [int.from_bytes(body[i : i + 2], "big") for i in range(0, len(body), 2)]

    offered = [v for v in words(bodies[43][1:]) if not grease(v)] if 43 in bodies else [version]
    best = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10"}[max(offered)]
    suites = [s for s in suites if not grease(s)]
    kinds = [k for k in kinds if not grease(k)]
    alpn = Reader(Reader(bodies[16]).vec(2)).vec(1).decode() if 16 in bodies else "00"
    front = "t%s%s%02d%02d%s%s" % (best, "d" if 0 in kinds else "i", min(len(suites), 99), min(len(kinds), 99), alpn[0], alpn[-1])
    schemes = ["%04x" % s for s in words(bodies[13][2:]) if not grease(s)] if 13 in bodies else []
    digest = lambda text: hashlib.sha256(text.encode()).hexdigest()[:12]
    listed = ",".join(sorted("%04x" % k for k in kinds if k not in (0, 16)))
    return "_".join([front, digest(",".join(sorted("%04x" % s for s in suites))), digest(listed + ("_" + ",".join(schemes) if schemes else ""))])


def describe(name, about, record_version, message):
    hello = Reader(message[4:])
    version, _ = hello.number(2), hello.take(32)
    session = hello.vec(1)
    suites = Reader(hello.vec(2))
    assert hello.vec(1) == b"\0"
    extensions = Reader(hello.vec(2))
    kinds, bodies, tokens = [], {}, []
    while extensions.left():
        kind = extensions.number(2)
        body = extensions.vec(2)
        kinds.append(kind)
        bodies[kind] = body
        tokens.append("%x/%s" % (kind, text_of(kind, body, len(message))))
    numbers = [suites.number(2) for _ in range(len(suites.data) // 2)]

    def literal(words):
        lines = textwrap.wrap(" ".join(words), 88, break_on_hyphens=False, break_long_words=False)
        return "\n    ".join('"%s%s"' % (line, "" if line is lines[-1] else " ") for line in lines)

    return 'SNI_CLIENT("%s", "%s",\n    "%s", "%s %04x %d",\n    %s,\n    %s)' % (
        name, about, ja4(version, numbers, kinds, bodies), record_version.hex(), version, len(session),
        literal(["%04x" % n for n in numbers]), literal(tokens))


def main():
    separator = sys.argv.index("--")
    name, about = sys.argv[1:separator]
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    port = str(listener.getsockname()[1])
    command = [word.replace("{port}", port) for word in sys.argv[separator + 1 :]]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        connection, _ = listener.accept()
        connection.settimeout(10)
        print(describe(name, about, *read_hello(connection)))
        connection.close()
    finally:
        listener.close()
        client.kill()
        client.wait()


main()
