"""What each of Courier's files is seen to do. A probe has a name, the files, what is done with a server, and why the two differ where they should.

To add one: write what the files say, a function that returns what was seen as text, and an entry in PROBES."""
import re
import time
from dataclasses import dataclass, field
from typing import Callable

ROUTES = "far.test:[127.0.0.1],$SINK\nother.test:[127.0.0.1],$SINK\n"
ACCESS = "127.0.0.2\tallow,RELAYCLIENT\n"
MODULE = "NAME=esmtp\nPRIORITY=50\nPROG=./courieresmtp\n"   # as Debian has it
SOON = {"retryalpha": "1\n", "retrygamma": "1\n"}
TEMPLATES = {f"dsn{name}.txt": f"These are the words of {name}.\n" for name in ("header", "footer", "failed", "delayed", "delivered", "relayed")}
SUBJECTS = {"dsnsubjectnotice.txt": "The subject of a notice\n", "dsnsubjectwarn.txt": "The subject of a warning\n"}


def courierd(**settings):
    """The file courierd as Debian has it, but for what is given: Courier does not start without the rest."""
    usual = {"prefix": "/usr", "exec_prefix": "/usr", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh", "DSNTOAUTHADDR": "0", "DYNAMICDELIVERIES": "1", "DEFAULTDELIVERY": "./Maildir",
             "MAILDROPDEFAULT": "./Maildir", "ESMTP_CORK": "1", "ESMTP_BLOCKBACKSCATTER": "", "UUXFLAGS": '"-j -g C"', "ESMTP_USE_STARTTLS": "1", "COURIERTLS": "/usr/bin/couriertls",
             "ESMTP_TLS_VERIFY_DOMAIN": "0", "ESMTP_PREFER_IPV6_MX": "1", "TLS_TRUSTCERTS": "/etc/ssl/certs/ca-certificates.crt", "TLS_VERIFYPEER": "NONE"}
    return {"courierd": "".join(f"{key}={value}\n" for key, value in {**usual, **settings}.items())}


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


def returned(server):
    sent = server.send("slow@far.test")
    if not report(server, "failed", 25):
        return "not returned in 25 s"
    seconds = time.monotonic() - sent
    return "returned after 4 to 12 s" if 4 <= seconds <= 12 else f"returned after {seconds:.0f} s"


def returned_in(seconds):
    def run(server):
        server.send("gone@far.test")
        return "returned" if report(server, "failed", seconds) else "no report"
    return run


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
    wait(lambda: any("back@other.test" in one for one in server.sink.transactions), 8)
    return "sent: " + ", ".join(sorted(to for one in server.sink.transactions for to in one))


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


def codes(*questions):
    """Each question: the client's address, the sender, and the recipients. Classes of replies are compared: 2, 4, 5."""
    def run(server):
        seen = []
        for client, sender, *recipients in questions:
            seen.append(" ".join(str(code)[0] if isinstance(code, int) else code for code in server.replies(sender, *recipients, source=client)))
        return " | ".join(seen)
    return run


def says(*lines, take=1):
    """What is answered to lines of a client that may relay: the first words of each reply."""
    def run(server):
        with server.client() as client:
            client.ehlo()
            return " | ".join(b" ".join(client.docmd(line)[1].split()[:take]).decode() if take else str(client.docmd(line)[0])[0] for line in lines)
    return run


def greeting(server):
    with server.client() as client:
        code, text = client.ehlo()
        return f"{text.decode().split()[0]}"


def banner(server):
    import socket
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        return client.makefile().readline().strip()


def delivered(text, *, sender="demo@example.test", to="demo@example.test", names=()):
    """Header fields of a message as it lies in the mailbox."""
    def run(server):
        server.send(to, sender=sender, text=text)
        mail = wait(lambda: server.mail(), 15)
        if not mail:
            return "not delivered"
        header = mail[0].split("\n\n")[0].replace("\r", "").split("\n")
        return ", ".join(next((line for line in header if line.lower().startswith(name.lower() + ":")), f"no {name}").split("@" if name == "Message-ID" else "\0")[-1] for name in names)
    return run


def size(*lengths):
    def run(server):
        return " | ".join(str(server.replies("client@elsewhere.test", "demo@example.test", text="Subject: x\r\n\r\n" + ("x" * 70 + "\r\n") * (length // 72))[-1])[0] for length in lengths)
    return run


def archived(server):
    server.send("demo@example.test")
    wait(lambda: server.mail(), 15)
    found = wait(lambda: [file for file in server.archive.rglob("*") if file.is_file()], 10) or []
    return "a copy is kept" if any("probe" in file.read_text(errors="replace") for file in found) else "no copy"


def bounces_to(sender):
    """Where the report on a message to nobody goes that an unauthenticated client sent: to another server, or nowhere."""
    def run(server):
        with server.client() as client:
            client.sendmail(sender, ["gone@far.test"], "Subject: probe\r\n\r\nhello\r\n")
        wait(lambda: server.sink.transactions, 8)
        return "report to " + (", ".join(to for one in server.sink.transactions for to in one) or "nobody")
    return run


def report_after_login(server):
    """Who gets the report on a message that demo sent under bob's name, after a login over TLS."""
    import ssl
    with server.client("127.0.0.1") as client:
        client.starttls(context=ssl._create_unverified_context())
        client.login("demo@example.test", "secret")
        client.sendmail("bob@example.test", ["gone@far.test"], "Subject: probe\r\n\r\nhello\r\n")
    got = wait(lambda: [user for user in ("demo", "bob") if any("Action: failed" in one for one in server.mail(user))], 15)
    return "report to " + (", ".join(got) if got else "nobody")


def by_uucp(*options):
    """rmail with a recipient, without any, and without saying from where; then the return path of what was delivered."""
    def run(server):
        said = {"UU_MACHINE": "neighbour.test", "UU_USER": "ada"}
        ways = [([*options, "demo@example.test"], said), ([], said), (["demo@example.test"], {})]
        taken = ["taken" if server.rmail(*arguments, text="Subject: uucp\n\nhello\n", **environment) == 0 else "refused" for arguments, environment in ways]
        mail = wait(lambda: server.mail(), 15) or [""]
        path = next((line for line in mail[0].splitlines() if line.lower().startswith("return-path:")), "no Return-Path")
        return ", ".join(taken) + f"; {len(server.mail())} delivered, {path}"
    return run


def again_refused(server):
    server.send("slow@far.test")
    wait(lambda: server.sink.attempts, 10)
    time.sleep(1)
    with server.client() as client:
        client.ehlo()
        client.mail("demo@example.test")
        return f"RCPT once more: {str(client.rcpt('slow@far.test')[0])[0]}"


def open_at_once(server):
    import socket
    clients, seen = [], []
    try:
        for _ in range(4):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.settimeout(3)
            clients.append(client)
            try:
                seen.append(client.recv(1000).decode()[:3] or "closed")
            except OSError:
                seen.append("nothing")
        return " ".join(seen)
    finally:
        for client in clients:
            client.close()


@dataclass
class Probe:
    name: str
    files: dict
    see: Callable
    why: str = ""                    # why the two differ, where that is meant
    sink: dict = field(default_factory=dict)
    names: tuple = ()                # what the name service knows

    def all_files(self):
        return {"esmtproutes": ROUTES, "smtpaccess/default": ACCESS, **self.files}


TWO = ("two.test A 127.0.0.1", "two.test AAAA ::1")
HERE, ELSEWHERE, MINE = "127.0.0.1", "client@elsewhere.test", "demo@example.test"
PROBES = [
    Probe("queuetime 4s", {**SOON, "queuetime": "4s\n"}, returned),
    Probe("warntime 2s", {**SOON, "warntime": "2s\n"}, warned),
    Probe("warntime 0", {**SOON, "warntime": "0\n"}, warned),
    Probe("retryalpha 2s, retrybeta 2, retrygamma 6s, retrymaxdelta 0", {"retryalpha": "2\n", "retrybeta": "2\n", "retrygamma": "6\n", "retrymaxdelta": "0\n"}, schedule),
    Probe("submitdelay 3s", {"submitdelay": "3\n"}, first_attempt),
    Probe("batchsize 2", {"batchsize": "2\n"}, transactions),
    Probe("module.esmtp MAXRCPT=2", {"module.esmtp": MODULE + "MAXDELS=10\nMAXHOST=4\nMAXRCPT=2\n"}, transactions),
    Probe("module.esmtp MAXHOST=1", {"module.esmtp": MODULE + "MAXDELS=10\nMAXHOST=1\n"}, at_once("far.test")),
    Probe("module.esmtp MAXDELS=1", {"module.esmtp": MODULE + "MAXDELS=1\nMAXHOST=4\n"}, at_once("far.test", "other.test")),
    Probe("ipout 127.0.0.9", {"ipout": "127.0.0.9\n"}, source),
    Probe("backuprelay", {**SOON, "warntime": "1s\n", "backuprelay": "[127.0.0.66]\n", "esmtproutes": "far.test:[127.0.0.1],1\n"}, reaches("r@far.test", seconds=20), sink={"address": "127.0.0.66", "port": 25}),
    Probe("ipout.127.0.0.1 of a virtual host", {"vhost.127.0.0.1": "", "ipout.127.0.0.1": "127.0.0.9\n"}, source),
    Probe("ipout and an empty ipout.127.0.0.1", {"ipout": "127.0.0.9\n", "vhost.127.0.0.1": "", "ipout.127.0.0.1": ""}, source),
    Probe("ipout and 0 in ipout.127.0.0.1", {"ipout": "127.0.0.9\n", "vhost.127.0.0.1": "", "ipout.127.0.0.1": "0\n"}, source),
    Probe("ip6out ::1", {"ip6out": "::1\n", "esmtproutes": "far.test:[::1],$SINK\n"}, source, sink={"address": "::1"}),
    Probe("esmtphelo.127.0.0.1 of a virtual host", {"vhost.127.0.0.1": "", "esmtphelo.127.0.0.1": "host.example.test\n"}, greets),
    Probe("me", {"me": "own.example.test\n"}, greeting),
    Probe("me: a star", {"me": "*.example.test\n"}, greeting),
    Probe("me.127.0.0.1 of a virtual host", {"vhost.127.0.0.1": "", "me.127.0.0.1": "host.example.test\n"}, greeting),
    Probe("esmtpgreeting", {"esmtpgreeting": "mail.example.test ESMTP at your service\n"}, banner),
    Probe("locals", {"locals": "local.test\n", "esmtpacceptmailfor.dir/tests": "local.test\n"}, codes((HERE, ELSEWHERE, "demo@local.test"), (HERE, ELSEWHERE, "nobody@local.test"))),
    Probe("locals: a wildcard, an exception", {"locals": "!not.wild.test\n.wild.test\n", "esmtpacceptmailfor.dir/tests": ".wild.test\n"},
          codes((HERE, ELSEWHERE, "demo@a.wild.test"), (HERE, ELSEWHERE, "nobody@a.wild.test"), (HERE, ELSEWHERE, "nobody@not.wild.test"))),
    Probe("locals, an empty file", {"me": "own.example.test\n", "locals": "", "esmtpacceptmailfor.dir/tests": "own.example.test\n"}, codes((HERE, ELSEWHERE, "demo@own.example.test"), (HERE, ELSEWHERE, "nobody@own.example.test"))),
    Probe("hosteddomains: another name for a domain", {"hosteddomains/tests": "example.test\nother.test\texample.test\n", "esmtpacceptmailfor.dir/tests": "example.test\nother.test\n"},
          codes((HERE, ELSEWHERE, "demo@other.test"), (HERE, ELSEWHERE, "nobody@other.test"))),
    Probe("hosteddomains: delivered under another name", {"hosteddomains/tests": "example.test\nother.test\texample.test\n", "esmtpacceptmailfor.dir/tests": "example.test\nother.test\n"},
          delivered("Subject: x\r\n\r\nx\r\n", to="demo@other.test", names=["Subject"])),
    Probe("defaultdomain: a recipient without a domain", {"defaultdomain": "example.test\n"}, codes(("127.0.0.2", "client@elsewhere.test", "demo"), ("127.0.0.2", "client@elsewhere.test", "demo@[127.0.0.1]"))),
    Probe("defaultdomain: a From without a domain", {"defaultdomain": "example.test\n"}, delivered("From: demo\r\nSubject: x\r\n\r\nx\r\n", names=["From"]), why="[headers] complete = submitted: other servers' mail is left as it is"),
    Probe("sizelimit 2000", {"sizelimit": "2000\n"}, size(1000, 5000)),
    Probe("msgidhost, NOADDMSGID=0", {"msgidhost": "ids.example.test\n", "esmtpd": "NOADDMSGID=0\n"}, delivered("Subject: x\r\n\r\nx\r\n", names=["Message-ID"])),
    Probe("esmtpd NOADDMSGID=1, NOADDDATE=1", {"esmtpd": "NOADDMSGID=1\nNOADDDATE=1\n"}, delivered("Subject: x\r\n\r\nx\r\n", names=["Message-ID", "Date"])),
    Probe("esmtpd AUTH_REQUIRED=1", {"esmtpd": "AUTH_REQUIRED=1\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@example.test"), ("127.0.0.2", "client@elsewhere.test", "demo@example.test"))),
    Probe("esmtpd ESMTP_TLS_REQUIRED=1", {"esmtpd": "ESMTP_TLS_REQUIRED=1\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@example.test")), why="530 5.7.0 (RFC 3207 section 4); Courier says 400, after which a server would come again and again in the clear"),
    Probe("esmtpd BOFHNOVRFY=0", {"esmtpd": "BOFHNOVRFY=0\n"}, says("VRFY demo@example.test", "VRFY nobody@example.test", take=0)),
    Probe("esmtpd BOFHNOVRFY=1", {"esmtpd": "BOFHNOVRFY=1\n"}, says("VRFY demo@example.test", "VRFY nobody@example.test", take=0)),
    Probe("esmtpd BOFHNOEXPN=1", {"esmtpd": "BOFHNOEXPN=1\n"}, says("EXPN demo@example.test", take=0), why="502 5.5.1: what is switched off is not there; 252 is for VRFY (RFC 5321 section 3.5.3)"),
    Probe("esmtpd MAXPERIP=2", {"esmtpd": "MAXPERIP=2\n"}, open_at_once, why="421 and closed, where Courier closes without a word or lets the client wait"),
    Probe("esmtpd MAXDAEMONS=2", {"esmtpd": "MAXDAEMONS=2\nMAXPERIP=10\nMAXPERC=10\n"}, open_at_once, why="421 at once, where Courier lets the client wait for a place"),
    Probe("courierd ARCHIVEDIR", {"courierd": "ARCHIVEDIR=$ARCHIVE\n"}, archived),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=smtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn\n"}, bounces_to("client@other.test")),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn\n"}, bounces_to("client@other.test")),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=", {"courierd": "ESMTP_BLOCKBACKSCATTER=\n"}, bounces_to("client@other.test")),
    Probe("bofh opt BOFHSUPPRESSBACKSCATTER=smtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp\n"}, again_refused),
    Probe("bofh opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp\n"}, again_refused),
    Probe("smtpaccess DSNNOTIFY=N", {"smtpaccess/default": "127.0.0.2\tallow,RELAYCLIENT,DSNNOTIFY=N\n"}, returned_in(6)),
    Probe("smtpaccess DSNNOTIFY=S", {"smtpaccess/default": "127.0.0.2\tallow,RELAYCLIENT,DSNNOTIFY=S\n"}, lambda server: server.send("bob@example.test") and ("success is reported" if report(server, "delivered", 15) else "no report")),
    Probe("rmail", {}, by_uucp(), why="the return path is UU_USER at UU_MACHINE, so that reports go back; at Courier it is the null path without -f"),
    Probe("rmail -f", {}, by_uucp("-f", "carol@neighbour.test")),
    Probe("bofh opt BOFHHEADERLIMIT=1000", {"bofh": "opt BOFHHEADERLIMIT=1024\n"}, lambda server: " | ".join(
        str(server.replies("client@elsewhere.test", "demo@example.test", text="Subject: x\r\n" + "X-Long: y\r\n" * count + "\r\nx\r\n")[-1])[0] for count in (10, 200))),
    Probe("bofh opt BOFHCHECKHELO=1", {"bofh": "opt BOFHCHECKHELO=1\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@example.test"), ("127.0.0.2", "client@elsewhere.test", "demo@example.test"))),
    Probe("bofh opt BOFHCHECKDNS=1, a domain that does not exist", {"esmtpd": "BOFHCHECKDNS=1\n"}, codes(("127.0.0.1", "client@elsewhere.invalid", "demo@example.test"))),
    Probe("esmtproutes: a domain, a wildcard, all others", {"esmtproutes": ".wild.test:[127.0.0.1],$SINK\nfar.test: [127.0.0.1],$SINK\n:[127.0.0.1],$SINK\n"}, reaches("r@far.test", "r@a.wild.test", "r@else.test")),
    Probe("esmtproutes /SECURITY=REQUIRED, no TLS there", {"esmtproutes": "far.test:[127.0.0.1],$SINK /SECURITY=REQUIRED\n"}, reaches("r@far.test", seconds=5)),
    Probe("esmtproutes /SECURITY=REQUIRED, TLS there", {"esmtproutes": "far.test:[127.0.0.1],$SINK /SECURITY=REQUIRED\n"}, over, sink={"tls": "offered"}),
    Probe("esmtproutes /SECURITY=SMTPS", {"esmtproutes": "far.test:[127.0.0.1],$SINK /SECURITY=SMTPS\n"}, over, sink={"tls": "implicit"}),
    Probe("esmtproutes /SECURITY=STARTTLS, a certificate that nobody vouches for", {"esmtproutes": "far.test:[127.0.0.1],$SINK /SECURITY=STARTTLS\n"}, reaches("r@far.test", seconds=5), sink={"tls": "offered"}),
    Probe("esmtproutes /IPV4ONLY", {"esmtproutes": "far.test:two.test,$SINK /IPV4ONLY\n"}, over, sink={"address": "::"}, names=TWO,
          why="Debian's Courier, 1.0.16, does not know the flag; later ones do"),
    Probe("esmtproutes /IPV6ONLY", {"esmtproutes": "far.test:two.test,$SINK /IPV6ONLY\n"}, over, sink={"address": "::"}, names=TWO),
    Probe("no route: MX by preference, null MX, an MX that is us, no such domain", {"esmtproutes": ""},
          returns("r@mx.test", "r@null.test", "r@loop.test", "r@nowhere.test"), sink={"address": "127.0.0.66", "port": 25},
          names=("mx.test MX 10 dead.mx.test", "mx.test MX 20 good.mx.test", "dead.mx.test A 127.0.0.67", "good.mx.test A 127.0.0.66", "null.test MX 0 .", "loop.test MX 10 mail.example.test",
                 "mail.example.test A 127.0.0.1", "loop.test A 127.0.0.1")),
    Probe("no route and no MX: the address of the domain", {"esmtproutes": ""}, reaches("r@mx.test"), sink={"address": "127.0.0.66", "port": 25}, names=("mx.test A 127.0.0.66",)),
    Probe("testmxlookup", {}, lookup, names=("mx.test MX 20 second.mx.test", "mx.test MX 10 first.mx.test", "first.mx.test A 192.0.2.1", "second.mx.test A 192.0.2.2", "second.mx.test AAAA 2001:db8::2"),
          why="addresses come in the order in which they are tried, IPv6 first unless told otherwise; an error names its reason"),
    Probe("courierd as it comes: TLS where it is offered", courierd(), over, sink={"tls": "offered"}),
    Probe("courierd ESMTP_USE_STARTTLS=0", courierd(ESMTP_USE_STARTTLS=0), over, sink={"tls": "offered"}),
    Probe("courierd ESMTP_TLS_VERIFY_DOMAIN=1, a certificate that nobody vouches for", {**courierd(ESMTP_TLS_VERIFY_DOMAIN=1, TLS_VERIFYPEER="PEER"), **SOON, "esmtpdelay": "0\n"}, over, sink={"tls": "offered"},
          why="certificates are asked for by the flag verified of a route, DANE and MTA-STS"),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=smtp/dsn", courierd(ESMTP_BLOCKBACKSCATTER="smtp/dsn"), backscatter),
    Probe("courierd DSNTOAUTHADDR=1", courierd(DSNTOAUTHADDR=1), report_after_login),
    Probe("courierd DSNTOAUTHADDR=0", courierd(DSNTOAUTHADDR=0), report_after_login),
    Probe("courierd ESMTP_BLOCKBACKSCATTER empty", courierd(), backscatter),
    Probe("a server that breaks TLS", {**SOON, "esmtpdelay": "0\n"}, over, sink={"tls": "broken"}),
    Probe("courierd ESMTP_PREFER_IPV6_MX=1", {**courierd(), "esmtproutes": "far.test:two.test,$SINK\n"}, over, sink={"address": "::"}, names=TWO),
    Probe("courierd ESMTP_PREFER_IPV6_MX=0", {**courierd(ESMTP_PREFER_IPV6_MX=0), "esmtproutes": "far.test:two.test,$SINK\n"}, over, sink={"address": "::"}, names=TWO),
    Probe("esmtpdelay 8s", {"esmtpdelay": "8s\n", "retryalpha": "10\n"}, second_waits, sink={"late": True}),
    Probe("esmtpdelay 0", {"esmtpdelay": "0\n", "retryalpha": "10\n"}, second_waits, sink={"late": True}),
    Probe("esmtptimeout 3s", {"esmtptimeout": "3\n"}, gives_up, sink={"stall": "MAIL"}),
    Probe("esmtptimeouthelo 3s", {"esmtptimeouthelo": "3\n"}, gives_up, sink={"stall": "greeting"}),
    Probe("esmtptimeoutdata 3s", {"esmtptimeoutdata": "3\n"}, gives_up, sink={"stall": "."}),
    Probe("esmtptimeoutconnect 3s", {**SOON, "queuetime": "1s\n", "esmtptimeoutconnect": "3\n"}, unconnected, sink={"full": True}),
    Probe("esmtptimeoutkeepalive 3s", {"esmtptimeoutkeepalive": "3\n"}, keeps),
    Probe("esmtptimeoutkeepaliveping 1s", {"esmtptimeoutkeepalive": "4\n", "esmtptimeoutkeepaliveping": "1\n"}, keeps, why="no ping: a kept connection that was closed is replaced at once"),
    Probe("esmtptimeoutquit 3s", {"esmtptimeoutkeepalive": "1\n", "esmtptimeoutquit": "3\n"}, gives_up, sink={"stall": "QUIT"}, why="QUIT is waited for for a second"),
    Probe("esmtpauthclient, the login refused", {"esmtpauthclient": "[127.0.0.1],$SINK carol secret\n"}, returns("r@far.test"), sink={"words": ("AUTH CRAM-MD5",), "refuses_login": True},
          why="a login that is refused waits: a password that was changed would otherwise return the whole queue"),
    Probe("esmtpauthclient", {"esmtpauthclient": "[127.0.0.1],$SINK carol secret\n"}, login),
    Probe("esmtphelo", {"esmtphelo": "out.example.test\n"}, greets),
    Probe("esmtphelo *", {"esmtphelo": "*\n"}, greets, names=("1.0.0.127.in-addr.arpa PTR out.example.test", "out.example.test A 127.0.0.1")),
    Probe("dsnheader.txt, dsnfooter.txt, dsnfailed.txt, dsndelayed.txt, dsndelivered.txt, dsnrelayed.txt", {**SOON, **TEMPLATES, "warntime": "1s\n"}, words_of_reports),
    Probe("dsnsubjectnotice.txt, dsnsubjectwarn.txt", {**SOON, **SUBJECTS, "warntime": "1s\n"}, words_of_reports),
    Probe("module.dsn MAXDELS=1", {"module.dsn": "NAME=dsn\nPRIORITY=0\nPROG=./courierdsn\nMAXDELS=1\n"}, returns("gone@far.test")),
    Probe("dsnfrom", {"dsnfrom": "\"The Server\" <postmaster@example.test>\n"}, report_from),
    Probe("dsnlimit 2000", {"dsnlimit": "2000\n"}, returned_body),
    Probe("smtpaccess: deny, BLOCK, RELAYCLIENT, none", {"smtpaccess/default": ACCESS + "127.0.0.5\tdeny\n127.0.0.6\tallow,BLOCK=\"550 Go away.\"\n"},
          codes(("127.0.0.5", ELSEWHERE, MINE), ("127.0.0.6", ELSEWHERE, MINE), ("127.0.0.2", ELSEWHERE, "r@far.test"), (HERE, ELSEWHERE, "r@far.test"), (HERE, ELSEWHERE, MINE)),
          why="who is denied is told so with 554 5.7.1; Courier closes without a word"),
    Probe("smtpaccess: a network", {"smtpaccess/default": ACCESS + "127.0.7\tallow,RELAYCLIENT\n127.0.8.0/24\tallow,RELAYCLIENT\n"},
          codes(("127.0.7.1", ELSEWHERE, "r@far.test"), ("127.0.8.9", ELSEWHERE, "r@far.test"), ("127.0.9.1", ELSEWHERE, "r@far.test"))),
    Probe("esmtpacceptmailfor.dir: a domain, a wildcard", {"esmtpacceptmailfor.dir/tests": "example.test\nbackup.test\n.wild.test\n"},
          codes((HERE, ELSEWHERE, "r@backup.test"), (HERE, ELSEWHERE, "r@a.wild.test"), (HERE, ELSEWHERE, "r@wild.test"), (HERE, ELSEWHERE, MINE))),
    # Courier looks at % in domains of this machine alone, not in hosted ones.
    Probe("esmtppercentrelay.dir", {"esmtppercentrelay.dir/tests": "far.test\n", "locals": "example.test\n", "hosteddomains/tests": ""}, codes((HERE, ELSEWHERE, "r%far.test@example.test"), (HERE, ELSEWHERE, "r%other.test@example.test"))),
    Probe("bofh badfrom", {"bofh": "badfrom one@bad.test\nbadfrom @all.test\nbadfrom @.sub.test\n"},
          codes((HERE, "one@bad.test", MINE), (HERE, "two@bad.test", MINE), (HERE, "x@all.test", MINE), (HERE, "x@a.sub.test", MINE), (HERE, "x@sub.test", MINE))),
    Probe("bofh badmx", {"bofh": "badmx 127.0.0.66\n", "esmtpd": "BOFHCHECKDNS=1\n"}, codes((HERE, "x@badmx.test", MINE), (HERE, "x@goodmx.test", MINE)),
          names=("badmx.test MX 10 mx.badmx.test", "mx.badmx.test A 127.0.0.66", "goodmx.test MX 10 mx.goodmx.test", "mx.goodmx.test A 127.0.0.67")),
    Probe("bofh maxrcpts 2", {"bofh": "maxrcpts 2\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh maxrcpts 2 hard", {"bofh": "maxrcpts 2 hard\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh spamtrap", {"bofh": "spamtrap bob@example.test\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test"), (HERE, ELSEWHERE, MINE))),
    Probe("bofh freemail", {"bofh": "freemail free.test mail.free.test\n"}, codes((HERE, "x@free.test", MINE), (HERE, ELSEWHERE, MINE))),
]
