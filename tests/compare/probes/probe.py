"""What a probe is, and what all of them use."""
import time
from dataclasses import dataclass, field
from typing import Callable

SOON = {"retryalpha": "1\n", "retrygamma": "1\n"}
HERE, ELSEWHERE, MINE = "127.0.0.1", "client@elsewhere.test", "demo@example.test"


@dataclass
class Probe:
    file: str
    setting: str
    files: dict                      # what they say beside the files as Debian has them (servers.py)
    see: Callable                    # what is done with a server; it returns what was seen, as text
    why: str = ""                    # why the two differ, where that is meant
    sink: dict = field(default_factory=dict)
    names: tuple = ()                # what the name service knows
    seconds: int = 5                 # about how long it takes: the longest ones begin first

    @property
    def name(self):
        return f"{self.file} {self.setting}".strip()


def wait(ask, seconds):
    """What `ask` returns once it is something, or None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := ask():
            return answer
        time.sleep(0.1)
    return None


def report(server, action, seconds):
    return wait(lambda: next((one for one in server.mail() if f"Action: {action}" in one), None), seconds)
