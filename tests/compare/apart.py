"""apart.py NAME COMMAND...   runs a command in namespaces of its own: a network that has the addresses of the documentation (RFC 5737) beside loopback,
its own processes, and a copy of the jail with Debian's Courier, which COURIER_JAILS leads to. NAME: of the copy, which is kept for the next time."""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

from servers import JAILS, ROOT

NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
NETWORK = "ip link set lo up; " + "".join(f"ip route add local {network} dev lo; " for network in NETWORKS)


def installed():
    """Makes the jail that copies are made of; where Courier's files lie in it, as they were installed."""
    subprocess.run([ROOT / "tests/jails/mta.sh", "courier", "install"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True, timeout=900)
    return installed_files(pathlib.Path(JAILS, "courier-tests"))


def copy(name):
    """A copy of the jail, made anew when that changed."""
    jail, place = pathlib.Path(JAILS, "courier-tests"), pathlib.Path(JAILS, "compare", name)
    mine, marks = place / "courier-tests", ("jailed", "installed")
    if not all((mine / mark).exists() and (mine / mark).read_text() == (jail / mark).read_text() for mark in marks):
        shutil.rmtree(mine, ignore_errors=True)  # what was mounted in it was so in namespaces that are gone
        mine.mkdir(parents=True)
        with open(jail.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            subprocess.run(["cp", "-ax", *(jail / part for part in ("ovl", "jail", "log")), mine], check=True, timeout=120)
            subprocess.run(["cp", "-ax", installed_files(jail), mine / "etc"], check=True, timeout=120)
        for mark in marks:
            shutil.copy(jail / mark, mine)
    return place


def installed_files(jail):
    return jail / "etc" if (jail / "etc").exists() else jail / "ovl/etc/up/courier"


def command(words):
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", NETWORK + 'exec "$@"', "apart", *words]


if __name__ == "__main__":
    environment = {**os.environ, "COURIER_JAILS": str(copy(sys.argv[1]))}
    os.execvpe("unshare", command(sys.argv[2:]), environment)
