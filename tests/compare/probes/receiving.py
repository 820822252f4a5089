"""Mail that comes in: names and domains, who may send what to whom."""
from .probe import ELSEWHERE, HERE, MINE, Probe
from .receiving_seen import banner, codes, delivered, greeting, size

HOST = {"vhost.127.0.0.1": ""}
ACCESS = "127.0.0.2\tallow,RELAYCLIENT\n"
OTHER_NAME = {"hosteddomains/tests": "example.test\nother.test\texample.test\n", "esmtpacceptmailfor.dir/tests": "example.test\nother.test\n"}
CATCHING = {"hosteddomains/tests": "example.test\ncatch.test\ncaught.test\tcatch.test\n", "esmtpacceptmailfor.dir/tests": "example.test\ncatch.test\ncaught.test\n"}
PROBES = [
    Probe("me", "", {"me": "own.example.test\n"}, greeting),
    Probe("me", "a star", {"me": "*.example.test\n"}, greeting),
    Probe("me", "in me.127.0.0.1 of a virtual host", {**HOST, "me.127.0.0.1": "host.example.test\n"}, greeting),
    Probe("esmtpgreeting", "", {"esmtpgreeting": "mail.example.test ESMTP at your service\n"}, banner),
    Probe("locals", "", {"defaultdomain": "example.test\n", "locals": "local.test\n", "esmtpacceptmailfor.dir/tests": "local.test\n"}, codes((HERE, ELSEWHERE, "demo@local.test"), (HERE, ELSEWHERE, "nobody@local.test"))),
    Probe("locals", "a wildcard, an exception", {"defaultdomain": "example.test\n", "locals": "!not.wild.test\n.wild.test\n", "esmtpacceptmailfor.dir/tests": ".wild.test\n"},
          codes((HERE, ELSEWHERE, "demo@a.wild.test"), (HERE, ELSEWHERE, "nobody@a.wild.test"), (HERE, ELSEWHERE, "nobody@not.wild.test"))),
    Probe("locals", "an empty file", {"me": "own.example.test\n", "locals": "", "esmtpacceptmailfor.dir/tests": "own.example.test\n"}, codes((HERE, ELSEWHERE, "demo@own.example.test"), (HERE, ELSEWHERE, "nobody@own.example.test"))),
    Probe("hosteddomains", "another name for a domain", OTHER_NAME, codes((HERE, ELSEWHERE, "demo@other.test"), (HERE, ELSEWHERE, "nobody@other.test"))),
    Probe("hosteddomains", "delivered under another name", OTHER_NAME, delivered("Subject: x\r\n\r\nx\r\n", to="demo@other.test", names=["Subject"])),
    Probe("hosteddomains", "the account alias@ of a domain", CATCHING, codes((HERE, ELSEWHERE, "nobody@catch.test"), (HERE, ELSEWHERE, "nobody@caught.test"), (HERE, ELSEWHERE, "nobody@example.test"))),
    Probe("hosteddomains", "delivered to alias@", CATCHING, delivered("Subject: x\r\n\r\nx\r\n", to="nobody@caught.test", names=["Subject"], box=("alias", "catch.test"))),
    Probe("defaultdomain", "a recipient without a domain", {"defaultdomain": "example.test\n"}, codes(("127.0.0.2", ELSEWHERE, "demo"), ("127.0.0.2", ELSEWHERE, "demo@[127.0.0.1]"))),
    Probe("defaultdomain", "a From without a domain", {"defaultdomain": "example.test\n"}, delivered("From: demo\r\nSubject: x\r\n\r\nx\r\n", names=["From"])),
    Probe("sizelimit", "2000", {"sizelimit": "2000\n"}, size(1000, 5000)),
    Probe("msgidhost", "", {"msgidhost": "ids.example.test\n", "esmtpd": "NOADDMSGID=0\n"}, delivered("Subject: x\r\n\r\nx\r\n", names=["Message-ID"])),
    Probe("smtpaccess", "deny, BLOCK, RELAYCLIENT, none", {"smtpaccess/default": ACCESS + "127.0.0.5\tdeny\n127.0.0.6\tallow,BLOCK=\"550 Go away.\"\n"},
          codes(("127.0.0.5", ELSEWHERE, MINE), ("127.0.0.6", ELSEWHERE, MINE), ("127.0.0.2", ELSEWHERE, "r@far.test"), (HERE, ELSEWHERE, "r@far.test"), (HERE, ELSEWHERE, MINE)),
          why="who is denied is told so with 554 5.7.1; Courier closes without a word"),
    Probe("smtpaccess", "a network", {"smtpaccess/default": ACCESS + "127.0.7\tallow,RELAYCLIENT\n127.0.8.0/24\tallow,RELAYCLIENT\n"},
          codes(("127.0.7.1", ELSEWHERE, "r@far.test"), ("127.0.8.9", ELSEWHERE, "r@far.test"), ("127.0.9.1", ELSEWHERE, "r@far.test"))),
    Probe("esmtpacceptmailfor", "in .dir: a domain, a wildcard", {"esmtpacceptmailfor.dir/tests": "example.test\nbackup.test\n.wild.test\n"},
          codes((HERE, ELSEWHERE, "r@backup.test"), (HERE, ELSEWHERE, "r@a.wild.test"), (HERE, ELSEWHERE, "r@wild.test"), (HERE, ELSEWHERE, MINE))),
    # Courier looks at % in domains of this machine alone, not in hosted ones.
    Probe("esmtppercentrelay", "in .dir", {"esmtppercentrelay.dir/tests": "far.test\n", "locals": "example.test\n", "hosteddomains/tests": ""}, codes((HERE, ELSEWHERE, "r%far.test@example.test"), (HERE, ELSEWHERE, "r%other.test@example.test"))),
    Probe("bofh", "badfrom", {"bofh": "badfrom one@bad.test\nbadfrom @all.test\nbadfrom @.sub.test\n"},
          codes((HERE, "one@bad.test", MINE), (HERE, "two@bad.test", MINE), (HERE, "x@all.test", MINE), (HERE, "x@a.sub.test", MINE), (HERE, "x@sub.test", MINE))),
    Probe("bofh", "badmx", {"bofh": "badmx 127.0.0.66\n", "esmtpd": "BOFHCHECKDNS=1\n"}, codes((HERE, "x@badmx.test", MINE), (HERE, "x@goodmx.test", MINE)),
          names=("badmx.test MX 10 mx.badmx.test", "mx.badmx.test A 127.0.0.66", "goodmx.test MX 10 mx.goodmx.test", "mx.goodmx.test A 127.0.0.67")),
    Probe("bofh", "maxrcpts 2", {"bofh": "maxrcpts 2\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh", "maxrcpts 2 hard", {"bofh": "maxrcpts 2 hard\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test", "postmaster@example.test"))),
    Probe("bofh", "spamtrap", {"bofh": "spamtrap bob@example.test\n"}, codes((HERE, ELSEWHERE, MINE, "bob@example.test"), (HERE, ELSEWHERE, MINE))),
    Probe("bofh", "freemail", {"bofh": "freemail free.test mail.free.test\n"}, codes((HERE, "x@free.test", MINE), (HERE, ELSEWHERE, MINE))),
    Probe("bofh", "opt BOFHHEADERLIMIT=1000", {"bofh": "opt BOFHHEADERLIMIT=1024\n"}, lambda server: " | ".join(
        str(server.replies(ELSEWHERE, MINE, text="Subject: x\r\n" + "X-Long: y\r\n" * count + "\r\nx\r\n")[-1])[0] for count in (10, 200))),
    Probe("bofh", "opt BOFHCHECKHELO=1", {"bofh": "opt BOFHCHECKHELO=1\n"}, codes((HERE, ELSEWHERE, MINE), ("127.0.0.2", ELSEWHERE, MINE))),
    Probe("courierd", "DEFAULTDELIVERY=./Maildir", {"courierd": "DEFAULTDELIVERY=./Maildir\n"}, delivered("Subject: in the Maildir\r\n\r\nx\r\n", names=["Subject"])),
]
