"""names.py ADDRESS [RECORD...]: a name server that knows the records it is given, as "example.test MX 10 mx.example.test", and says at once that
there are no others. A, AAAA, MX, PTR, TXT; "example.test FAIL": of that name it cannot say anything."""
import ipaddress
import socket
import sys

ANY = 255
TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "FAIL": 0}


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.rstrip(".").split(".") if label) + b"\0"


def data(kind, words):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(words[0]).packed
    if kind == "TXT":
        return bytes([len(" ".join(words))]) + " ".join(words).encode()
    if kind == "FAIL":
        return b""
    return (int(words[0]).to_bytes(2, "big") if kind == "MX" else b"") + name(words[-1])


RECORDS = {}
for record in sys.argv[2:]:
    owner, kind, *words = record.split()
    RECORDS.setdefault(name(owner), []).append((TYPES[kind], data(kind, words)))

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # several jails may have one each, if they know no names
server.bind((sys.argv[1], 53))
while True:
    query, peer = server.recvfrom(4096)
    end = 12 + query[12:].find(b"\0") + 1
    known = RECORDS.get(query[12:end].lower())
    asked = int.from_bytes(query[end:end + 2], "big")
    found = [answer for answer in known or [] if asked in (answer[0], ANY)]
    answers = b"".join(b"\xc0\x0c" + kind.to_bytes(2, "big") + b"\0\x01\0\0\0\x05" + len(value).to_bytes(2, "big") + value for kind, value in found)
    server.sendto(query[:2] + (b"\x81\x83" if known is None else b"\x81\x82" if (0, b"") in known else b"\x81\x80") + b"\0\x01" + len(found).to_bytes(2, "big") + bytes(4) + query[12:end + 4] + answers, peer)
