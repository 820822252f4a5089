"""What each of Courier's files is seen to do. A probe has a name, the files, what is done with a server, and why the two differ where they should.

To add one: write what the files say, a function that returns what was seen as text, and an entry in PROBES."""
import time
from dataclasses import dataclass, field
from typing import Callable

ROUTES = "far.test:[127.0.0.1],$SINK\nother.test:[127.0.0.1],$SINK\n"
ACCESS = "127.0.0.2\tallow,RELAYCLIENT\n"
MODULE = "NAME=esmtp\nPRIORITY=50\nPROG=./courieresmtp\n"   # as Debian has it
SOON = {"retryalpha": "1\n", "retrygamma": "1\n"}


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


def warned(server):
    sent = server.send("slow@far.test")
    if not report(server, "delayed", 9):
        return "no warning"
    return "warned after 2 to 9 s" if time.monotonic() - sent >= 2 else "warned too soon"


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


def codes(*questions):
    """Each question: the client's address, the sender, and the recipients. Classes of replies are compared: 2, 4, 5."""
    def run(server):
        seen = []
        for client, sender, *recipients in questions:
            seen.append(" ".join(str(code)[0] if isinstance(code, int) else code for code in server.replies(sender, *recipients, source=client)))
        return " | ".join(seen)
    return run


def stalls(server):
    """How long it waits for an answer that does not come."""
    server.send("r@far.test")
    wait(lambda: server.sink.stalls, 20)
    return f"waits for {server.sink.stalls[0]:.0f} s" if server.sink.stalls else "still waits after 20 s"


def keeps(server):
    server.send("r@far.test")
    wait(lambda: server.sink.idle, 12)
    return f"keeps the connection for {server.sink.idle[0]:.0f} s" if server.sink.idle else "keeps the connection for over 12 s"


def pings(server):
    server.send("r@far.test")
    wait(lambda: "RSET" in server.sink.verbs[4:], 5)
    return "asks whether a kept connection lives" if "RSET" in server.sink.verbs[4:] else "does not ask"


def gives_up_connecting(server):
    sent = server.send("r@far.test")
    return f"given up within 12 s" if report(server, "failed", 12) and time.monotonic() - sent < 12 else "still tries after 12 s"


def tries(server):
    server.send("r@far.test")
    wait(lambda: False, 10)
    return "again within 5 s" if sum(when - server.sink.starts[0] < 5 for when in server.sink.starts) > 1 else "not again within 5 s"


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

    def all_files(self):
        return {"esmtproutes": ROUTES, "smtpaccess/default": ACCESS, **self.files}


TRUSTED = "a peer that may relay by its address counts as `smtp`, as `authsmtp` at Courier"
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
    Probe("esmtphelo *", {"esmtphelo": "*\n"}, greets),
    Probe("esmtpdelay 0, retryalpha 1s", {**SOON, "esmtpdelay": "0\n"}, tries, sink={"closes": True}),
    Probe("esmtpdelay 30s, retryalpha 1s", {**SOON, "esmtpdelay": "30\n"}, tries, sink={"closes": True}, why="a retry that would only be told to wait is none: the pause is at most retryalpha"),
    Probe("esmtptimeout 3s", {"esmtptimeout": "3\n"}, stalls, sink={"silent": "RCPT"}),
    Probe("esmtptimeouthelo 3s", {"esmtptimeouthelo": "3\n"}, stalls, sink={"silent": "greeting"}),
    Probe("esmtptimeoutdata 3s", {"esmtptimeoutdata": "3\n"}, stalls, sink={"silent": "end"}),
    Probe("esmtptimeoutconnect 3s", {"esmtptimeoutconnect": "3\n", "queuetime": "1s\n"}, gives_up_connecting, sink={"deaf": True}),
    Probe("esmtptimeoutkeepalive 3s", {"esmtptimeoutkeepalive": "3\n"}, keeps, sink={"pause": 0.1}),
    Probe("esmtptimeoutkeepaliveping 1s", {"esmtptimeoutkeepaliveping": "1\n"}, pings, sink={"pause": 0.1}, why="a kept connection that was closed is replaced at once, so nobody need ask"),
    Probe("esmtptimeoutquit 3s", {"esmtptimeoutquit": "3\n", "esmtptimeoutkeepalive": "1\n"}, stalls, sink={"silent": "QUIT"}, why="QUIT is waited for for a second"),
    Probe("me", {"me": "own.example.test\n"}, greeting),
    Probe("me.127.0.0.1 of a virtual host", {"vhost.127.0.0.1": "", "me.127.0.0.1": "host.example.test\n"}, greeting),
    Probe("esmtpgreeting", {"esmtpgreeting": "mail.example.test ESMTP at your service\n"}, banner),
    Probe("locals", {"locals": "local.test\n", "esmtpacceptmailfor.dir/tests": "local.test\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@local.test"), ("127.0.0.1", "client@elsewhere.test", "nobody@local.test")), why="the file is not read: our domains are those of the accounts, so mail for local.test is taken as by a backup server"),
    Probe("hosteddomains: another name for a domain", {"hosteddomains/tests": "example.test\nother.test\texample.test\n", "esmtpacceptmailfor.dir/tests": "example.test\nother.test\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@other.test"), ("127.0.0.1", "client@elsewhere.test", "nobody@other.test")),
          why="the file is not read: our domains are those of the accounts, so mail for other.test is taken as by a backup server"),
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
    Probe("courierd ESMTP_BLOCKBACKSCATTER=smtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn\n"}, bounces_to("client@other.test"), why=TRUSTED),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn\n"}, bounces_to("client@other.test")),
    Probe("courierd ESMTP_BLOCKBACKSCATTER=", {"courierd": "ESMTP_BLOCKBACKSCATTER=\n"}, bounces_to("client@other.test")),
    Probe("bofh opt BOFHSUPPRESSBACKSCATTER=smtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp\n"}, again_refused, why=TRUSTED),
    Probe("bofh opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp\n"}, again_refused),
    Probe("bofh opt BOFHHEADERLIMIT=1000", {"bofh": "opt BOFHHEADERLIMIT=1024\n"}, lambda server: " | ".join(
        str(server.replies("client@elsewhere.test", "demo@example.test", text="Subject: x\r\n" + "X-Long: y\r\n" * count + "\r\nx\r\n")[-1])[0] for count in (10, 200))),
    Probe("bofh opt BOFHCHECKHELO=1", {"bofh": "opt BOFHCHECKHELO=1\n"}, codes(("127.0.0.1", "client@elsewhere.test", "demo@example.test"), ("127.0.0.2", "client@elsewhere.test", "demo@example.test"))),
    Probe("bofh opt BOFHCHECKDNS=1, a domain that does not exist", {"esmtpd": "BOFHCHECKDNS=1\n"}, codes(("127.0.0.1", "client@elsewhere.invalid", "demo@example.test"))),
    Probe("esmtproutes: a domain, a wildcard, all others", {"esmtproutes": ".wild.test:[127.0.0.1],$SINK\nfar.test: [127.0.0.1],$SINK\n:[127.0.0.1],$SINK\n"}, reaches("r@far.test", "r@a.wild.test", "r@else.test")),
    Probe("esmtproutes /SECURITY=REQUIRED, no TLS there", {"esmtproutes": "far.test:[127.0.0.1],$SINK /SECURITY=REQUIRED\n"}, reaches("r@far.test", seconds=5)),
    Probe("esmtpauthclient", {"esmtpauthclient": "[127.0.0.1],$SINK carol secret\n"}, login),
    Probe("esmtphelo", {"esmtphelo": "out.example.test\n"}, greets),
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
    Probe("bofh maxrcpts 2", {"bofh": "maxrcpts 2\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh maxrcpts 2 hard", {"bofh": "maxrcpts 2 hard\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh spamtrap", {"bofh": "spamtrap bob@example.test\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test"), (HERE, ELSEWHERE, MINE))),
    Probe("bofh freemail", {"bofh": "freemail free.test mail.free.test\n"}, codes((HERE, "x@free.test", MINE), (HERE, ELSEWHERE, MINE))),
]
