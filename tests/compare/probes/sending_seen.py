"""What is seen of a server that sends: of its queue, its next hops, its reports."""
import re
import time

from .probe import report, wait

TEMPLATES = {f"dsn{name}.txt": f"These are the words of {name}.\n" for name in ("header", "footer", "failed", "delayed", "delivered", "relayed")}


def returned(server):
    sent = server.send("slow@far.test")
    if not report(server, "failed", 25):
        return "not returned in 25 s"
    seconds = time.monotonic() - sent
    return "returned after 4 to 12 s" if 3.5 <= seconds <= 12 else f"returned after {seconds:.0f} s"


def returned_in(seconds):
    def run(server):
        server.send("gone@far.test")
        return "returned" if report(server, "failed", seconds) else "no report"
    return run


def success_reported(server):
    server.send("bob@example.test")
    return "success is reported" if report(server, "delivered", 15) else "no report"


def warned(server):
    sent = server.send("slow@far.test")
    if not report(server, "delayed", 9):
        return "no warning"
    # Courier counts whole seconds.
    return "warned after 1 to 9 s" if time.monotonic() - sent >= 1 else "warned too soon"


def schedule(server):
    sent = server.send("slow@far.test")
    wait(lambda: len(server.sink.attempts) >= 6, 35)
    times = [when - sent for when, _ in server.sink.attempts[:6]]
    gaps = [later - sooner for sooner, later in zip(times, times[1:])]
    # Both look at the queue once a second.
    return "waits of " + ", ".join("2" if 1.5 <= gap < 4 else "6" if 5.5 <= gap < 9 else f"{gap:.1f}" for gap in gaps) + " s"


def first_attempt(server):
    sent = server.send("slow@far.test")
    if not wait(lambda: server.sink.attempts, 12):
        return "no attempt in 12 s"
    return "first attempt after 3 s" if server.sink.attempts[0][0] - sent >= 2.9 else "at once"


def transactions(server):
    server.send(*(f"r{n}@far.test" for n in range(5)))
    wait(lambda: sum(map(len, server.sink.transactions)) >= 5, 15)
    return "transactions of " + ", ".join(str(len(one)) for one in sorted(server.sink.transactions, key=len, reverse=True)) + " recipients"


def at_once(*domains):
    def run(server):
        server.sink.pause = 1.0
        for n in range(3):
            for domain in domains:
                server.send(f"r{n}@{domain}")
        wait(lambda: len(server.sink.transactions) >= 3 * len(domains), 30)
        return f"{len(server.sink.transactions)} taken, at most {server.sink.most} at once"
    return run


def source(server):
    server.send("r@far.test")
    wait(lambda: server.sink.transactions, 15)
    return "from " + ", ".join(sorted(set(server.sink.connections)))


def reaches(*recipients, seconds=15):
    def run(server):
        for to in recipients:
            server.send(to)
        wait(lambda: len(server.sink.transactions) >= len(recipients), seconds)
        return "sent: " + (", ".join(sorted(to for one in server.sink.transactions for to in one)) or "nothing")
    return run


def login(server):
    server.sink.words = ("AUTH CRAM-MD5",)
    server.send("r@far.test")
    wait(lambda: server.sink.transactions, 15)
    return "logs in as " + (", ".join(server.sink.logins) or "nobody")


def greets(server):
    server.send("r@far.test")
    wait(lambda: server.sink.transactions, 15)
    return "says EHLO " + ", ".join(sorted(set(server.sink.helos)))


def report_from(server):
    server.send("gone@far.test")
    text = report(server, "failed", 15) or ""
    return next((line for line in text.splitlines() if line.startswith("From: ")), "no report")


def returned_body(server):
    seen = []
    for size in (500, 5000):
        with server.client() as client:
            client.sendmail("demo@example.test", ["gone@far.test"], f"Subject: size {size}\r\n\r\n" + ("x" * 70 + "\r\n") * (size // 72) + "the end\r\n", mail_options=["RET=FULL"])
        text = wait(lambda: next((one for one in server.mail() if f"Subject: size {size}" in one), None), 15) or "no report"
        seen.append(f"{size} bytes: " + ("whole" if "the end" in text else "header" if "Subject: size" in text else text))
    return ", ".join(seen)


def gives_up(server):
    server.send("r@far.test")
    wait(lambda: server.sink.waits, 20)
    seconds = server.sink.waits[0] if server.sink.waits else 99
    return "gives up after 2 to 6 s" if 2 <= seconds <= 6 else f"gives up after {seconds:.0f} s" if seconds < 99 else "does not give up in 20 s"


def unconnected(server):
    server.send("r@far.test")
    return "returned in 20 s" if report(server, "failed", 20) else "not returned in 20 s"


def keeps(server):
    server.send("r@far.test")
    wait(lambda: server.sink.idle, 15)
    seconds = server.sink.idle[0] if server.sink.idle else 99
    return ("connection kept for 2 to 6 s" if 2 <= seconds <= 6 else f"connection kept for {seconds:.0f} s") + (", pinged" if server.sink.pings else "")


def second_waits(server):
    """A message that cannot be brought there, then one when it can."""
    server.send("first@far.test")
    time.sleep(3)
    server.sink.open()
    sent = server.send("second@far.test")
    if not wait(lambda: server.sink.transactions, 40):
        return "not sent in 40 s"
    return "the next message waits" if time.monotonic() - sent > 4 else "the next message goes at once"


def lookup(server):
    # Courier writes an IPv4 address as one of IPv6, and says less of an error.
    told = " / ".join(" ".join(server.lookup(domain).replace("::ffff:", "").split()) for domain in ("mx.test", "nowhere.test"))
    return re.sub(r"(?i)(hard error).*", r"\1", told).lower()


def over(server):
    server.send("r@far.test")
    if not wait(lambda: server.sink.transactions, 15):
        return "sent: nothing"
    return "sent over " + ("TLS" if server.sink.secure[-1] else "a connection in the clear") + (" to " + server.sink.connections[-1] if ":" in server.sink.connections[-1] or server.names else "")


def returns(*recipients):
    def run(server):
        for to in recipients:
            server.send(to)
        wait(lambda: sum(to in one for one in server.mail() for to in recipients if "Action: failed" in one) >= len(recipients), 15)
        back = {to for to in recipients for one in server.mail() if "Action: failed" in one and to in one}
        return "returned: " + (", ".join(sorted(back)) or "nothing") + "; sent: " + (", ".join(sorted(to for one in server.sink.transactions for to in one)) or "nothing")
    return run


def backscatter(server):
    """A report on mail that came without a login, to somebody elsewhere."""
    server.send("gone@far.test", sender="back@other.test")
    server.send("after@far.test")
    wait(lambda: any("after@far.test" in one for one in server.sink.transactions), 15)
    wait(lambda: any("back@other.test" in one for one in server.sink.transactions), 8)
    return "sent: " + ", ".join(sorted(to for one in server.sink.transactions for to in one))


def report_after_login(server):
    """Who gets the report on a message that demo sent under bob's name, after a login over TLS."""
    with server.user() as client:
        client.sendmail("bob@example.test", ["gone@far.test"], "Subject: probe\r\n\r\nhello\r\n")
    got = wait(lambda: [user for user in ("demo", "bob") if any("Action: failed" in one for one in server.mail(user))], 15)
    return "report to " + (", ".join(got) if got else "nobody")


def words_of_reports(server):
    """Which templates are in which report."""
    asked = [("gone@far.test", "failed", ()), ("slow@far.test", "delayed", ()), ("bob@example.test", "delivered", ("NOTIFY=SUCCESS",)), ("taken@far.test", "relayed", ("NOTIFY=SUCCESS",))]
    for to, _, options in asked:
        server.send(to, options=options)
    seen = []
    for _, action, _ in asked:
        text = report(server, action, 15) or ""
        subject = next((line for line in text.splitlines() if line.startswith("Subject: The subject")), "Subject: other")
        seen.append(f"{action}: " + ", ".join(name[3:-4] for name in TEMPLATES if TEMPLATES[name].strip() in text) + f" ({subject[9:]})")
    return "; ".join(seen)
