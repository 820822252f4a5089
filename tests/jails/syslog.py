"""syslog.py SOCKET FILE: writes every datagram of the socket to the file, a line each."""
import os
import socket
import sys

path, log = sys.argv[1:]
if os.path.lexists(path):
    os.unlink(path)
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(path)
os.chmod(path, 0o666)
with open(log, "ab", buffering=0) as file:
    while True:
        file.write(listener.recv(65536).rstrip(b"\n\0") + b"\n")
