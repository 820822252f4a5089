"""in_terminal.py SECONDS COMMAND [ARGUMENT...] : runs a program that wants a terminal on one of its own and prints what it drew.

The exit code is the program's; 124 when it had not ended after SECONDS. The program gets a session of its own, which ends with it:
nothing it started stays behind. (script(1) would do, but it spins for ever on an input that has ended.)
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

limit, command = float(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    # Before the program is there: a change of size in the middle of a question would answer it.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.execvp(command[0], command)
end, code = time.monotonic() + limit, 124
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            sys.stdout.buffer.write(os.read(terminal, 65536))
            continue  # all that was drawn is read before the end is looked at
        except OSError:  # Linux says EIO once the last program has closed the terminal
            time.sleep(0.02)
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid:
        code = os.waitstatus_to_exitcode(status)
        break
try:
    os.killpg(child, signal.SIGKILL)
except ProcessLookupError:
    pass
sys.stdout.flush()
sys.exit(code)
