"""mailboxes.py TRX SERVER KNOWN: prints where a server answers otherwise than a script and KNOWN does not say so, and what KNOWN says of a script that it runs as it stands."""
import os
import re
import sys
import xml.etree.ElementTree as tree

trx, server, known_file = sys.argv[1:]
NS = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
with open(known_file, encoding="utf-8") as file:
    known = {row[1] for row in re.finditer(r"^\| `(\S+)` \|[^|\n]*\b%s\b" % server, file.read(), re.M | re.I)}
counts = {"Passed": 0, "Failed": 0, "NotExecuted": 0}
left = stale = 0
for script in sorted(known):
    if not os.path.exists(os.path.join(os.path.dirname(known_file), script)):
        stale += 1
        print(f"== UNEXPECTED: {known_file} names {script}, and there is no such script")
for result in sorted(tree.parse(trx).iter(NS + "UnitTestResult"), key=lambda one: one.get("testName")):
    script, outcome = re.search(r"\S+\.txt|\S+$", result.get("testName"))[0].strip('"()'), result.get("outcome")
    counts[outcome] = counts.get(outcome, 0) + 1
    if outcome == "Failed" and script not in known:
        left += 1
        message = result.findtext(f"{NS}Output/{NS}ErrorInfo/{NS}Message") or ""
        print("== UNKNOWN:", message.split("\n--- the conv")[0].replace("Courier.Conversations.Language.ScriptException : ", ""))
    if outcome == "Passed" and script in known:
        stale += 1
        print(f"== UNEXPECTED: {known_file} says that {server} does {script} otherwise, and it does not")
explained = counts["Failed"] - left
print(f"{counts['Passed']} the same, {explained} explained, {left} not, {stale} explained that are not so, {counts['NotExecuted']} skipped")
sys.exit(1 if left or stale or not counts["Passed"] else 0)
