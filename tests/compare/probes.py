"""What each of Courier's files is seen to do. A probe has a name, the files, what is done with a server, and why the two differ where they should.

To add one: write what the files say, a function that returns what was seen as text, and an entry in PROBES."""
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
    return " / ".join(" ".join(server.lookup(domain).split()) for domain in ("mx.test", "nowhere.test"))


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
    Probe("testmxlookup", {}, lookup, names=("mx.test MX 20 second.mx.test", "mx.test MX 10 first.mx.test", "first.mx.test A 192.0.2.1", "second.mx.test A 192.0.2.2", "second.mx.test AAAA 2001:db8::2")),
    Probe("courierd as it comes: TLS where it is offered", courierd(), over, sink={"tls": "offered"}),
    Probe("courierd ESMTP_USE_STARTTLS=0", courierd(ESMTP_USE_STARTTLS=0), over, sink={"tls": "offered"}),
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
    Probe("bofh maxrcpts 2", {"bofh": "maxrcpts 2\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh maxrcpts 2 hard", {"bofh": "maxrcpts 2 hard\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh spamtrap", {"bofh": "spamtrap bob@example.test\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test"), (HERE, ELSEWHERE, MINE))),
    Probe("bofh freemail", {"bofh": "freemail free.test mail.free.test\n"}, codes((HERE, "x@free.test", MINE), (HERE, ELSEWHERE, MINE))),
]
