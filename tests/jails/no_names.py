"""no_names.py ADDRESS: a name server that knows no name and says so at once (NXDOMAIN)."""
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # several jails may have one each
server.bind((sys.argv[1], 53))
while True:
    query, peer = server.recvfrom(4096)
    question = 12 + query[12:].find(b"\0") + 5
    server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:question], peer)
