"""slot.py: runs probes on one of the servers, in namespaces of its own that `files` gives it. Reads a line "KIND NUMBER" for each, and answers with a
line of JSON: {"seen": text} or {"error": text}."""
import json
import sys
import traceback

from probes import PROBES
from servers import JAILS, Courier, Ours
from sink import Sink

KINDS = {"Courier": Courier, "ours": Ours}


def see(kind, probe):
    sink = Sink(**probe.sink)
    try:
        with KINDS[kind](f"{JAILS}/courier-tests/etc", probe.files, sink, probe.names) as server:
            try:
                return probe.see(server)
            except Exception as error:
                raise RuntimeError(server.logged()[-1500:]) from error
    finally:
        sink.close()


answers = sys.stdout
sys.stdout = sys.stderr
Ours.make_accounts()
for line in sys.stdin:
    kind, number = line.split()
    try:
        answer = {"seen": see(kind, PROBES[int(number)])}
    except Exception:
        answer = {"error": traceback.format_exc()}
    print(json.dumps(answer), file=answers, flush=True)
