"""conversations.py KNOWN FILTER TRX...: a line for each script, as `conversations` says it."""
import re
import sys
import xml.etree.ElementTree as tree

known_file, wanted, *files = sys.argv[1:]
NS = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
with open(known_file, encoding="utf-8") as file:
    known = dict(re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in file if line.strip() and not line.startswith("#"))
bad = 0
counts = {"same": 0, "differs": 0, "skipped": 0}
results = {}
for trx in files:
    for one in tree.parse(trx).iter(NS + "UnitTestResult"):
        # A script that was skipped with one set of settings may have run with the other.
        if results.get(one.get("testName")) is None or one.get("outcome") in ("Passed", "Failed"):
            results[one.get("testName")] = one
for _, result in sorted(results.items()):
    name, outcome = result.get("testName"), result.get("outcome")
    if wanted not in name:
        continue
    message = result.findtext(f"{NS}Output/{NS}ErrorInfo/{NS}Message") or result.findtext(f"{NS}Output/{NS}StdOut") or ""
    if outcome == "Passed":
        counts["same"] += 1
        print(f"same     {name}")
        if name in known:
            bad += 1
            print(f"         UNEXPECTED: {known_file} says that it differs")
    elif outcome == "Failed":
        counts["differs"] += 1
        lines = [line.strip() for line in message.splitlines() if line.strip()]
        print(f"differs  {name}\n         Courier: {' / '.join(lines[:3])[:300]}\n         {known.get(name, 'UNKNOWN: not in ' + known_file)}")
        bad += name not in known
    else:
        counts["skipped"] += 1
        print(f"skipped  {name}: {' '.join(message.split())[:200]}")
print(", ".join(f"{count} {word}" for word, count in counts.items()) + (f", {bad} not as {known_file} has it" if bad else ""))
sys.exit(1 if bad or not counts["same"] else 0)
