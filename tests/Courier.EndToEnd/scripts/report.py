"""report.py FILE: prints what Python's email package finds in a delivery report (RFC 3464, RFC 6533), a field on a line."""
import email
import email.errors
import email.policy
import sys

with open(sys.argv[1], "rb") as file:
    report = email.message_from_binary_file(file, policy=email.policy.SMTPUTF8)


def show(prefix, fields):
    for name, raw in fields.raw_items():
        try:
            value = str(fields.policy.header_fetch_parse(name, raw))
        except (IndexError, email.errors.HeaderParseError):
            value = f"(not understood) {raw}"  # Courier's own From: <@>
        print(f"{prefix}.{name}: {' '.join(value.split())}")


def blocks(part):
    """The groups of fields of a status part. Python knows message/delivery-status; the global form it takes for a message."""
    if part.get_content_type() == "message/delivery-status":
        return [block for block in part.get_payload() if block.keys()]
    inner = part.get_payload(0)
    text = inner.get_payload(decode=True).decode("utf-8") if inner.get_payload() else ""
    rest = [email.message_from_string(block, policy=email.policy.SMTPUTF8) for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    return [inner, *rest]


assert report.get_content_type() == "multipart/report", report.get_content_type()
show("report", report)
print("report.type:", report.get_param("report-type"))
words, status, *returned = report.iter_parts()
assert words.get_content_maintype() == "text", words.get_content_type()
print("words:", " ".join(words.get_content().split()))
print("status.type:", status.get_content_type())
first, *recipients = blocks(status)
show("message", first)
for fields in recipients:
    show("recipient", fields)
for part in returned:
    print("returned.type:", part.get_content_type())
    # What Python does not know by name (message/global-headers) it takes for a message, too: its header is the one returned.
    inner = part.get_payload(0) if part.get_content_maintype() == "message" else email.message_from_string(part.get_content(), policy=email.policy.SMTPUTF8)
    show("returned", inner)
defects = [defect for part in report.walk() for defect in part.defects]
assert not defects, defects
