"""Debian's Courier and ours, each given the same copy of Courier's files."""
import os
import pathlib
import shutil
import smtplib
import ssl
import subprocess
import tempfile
import time

from sink import make_certificate

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("COURIER_BIN", str(ROOT / "src/Courier/bin/Release/net10.0/courier"))
JAILS = os.environ.get("COURIER_JAILS", "/tmp/courier-jails")
DOMAIN, CATCHING, PASSWORD = "example.test", "catch.test", "secret"  # CATCHING: has an account alias@, and no other
RELAYING = "127.0.0.2"  # the client that may relay, by smtpaccess
PORT, MSA, SSL = 2525, 5870, 4650  # each server has a network of its own
# Of Courier's own directory: what is made at its installation, and what belongs to its accounts and its local delivery.
LEFT_OUT = ("aliasdir", "aliases", "authdaemonrc", "dhparams.pem", "esmtpauthclient", "esmtpd.cnf", "esmtpd.pem", "filters", "shared")
# What the tests change in the files as Debian has them. Those of the shell count from top to bottom.
SITE = {
    "me": f"mail.{DOMAIN}\n", "defaultdomain": f"mail.{DOMAIN}\n", "hosteddomains/tests": f"{DOMAIN}\n", "esmtpacceptmailfor.dir/tests": f"{DOMAIN}\n",
    "esmtproutes": "far.test:[127.0.0.1],$SINK\nother.test:[127.0.0.1],$SINK\n", "smtpaccess/default": f"{RELAYING}\tallow,RELAYCLIENT\n",
    "esmtpd": f'PORT=127.0.0.1.{PORT}\nADDRESS=0\nBOFHCHECKDNS=0\nTARPIT=0\nESMTPAUTH_TLS="PLAIN LOGIN"\nTCPDOPTS="-stderrlogger=/usr/sbin/courierlogger -noidentlookup -nodnslookup"\n',
    "esmtpd-msa": f"PORT=127.0.0.1.{MSA}\nESMTPDSTART=YES\nBOFHCHECKDNS=0\n", "esmtpd-ssl": f"SSLPORT={SSL}\nSSLADDRESS=127.0.0.1\nBOFHCHECKDNS=0\nTARPIT=0\n",
    "courierd": "ESMTP_BLOCKBACKSCATTER=\n",
}
SHELL = ("esmtpd", "esmtpd-msa", "esmtpd-ssl", "courierd", "module.esmtp", "module.local", "module.dsn")


def unread():
    """For TLS: who takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Server:
    """What a probe may do with either of them. files: what they say beside, or in a file of the shell below, the files as Debian has them;
    None takes a file away."""

    name = ""

    def __init__(self, installed, files, sink, names=()):
        self.sink, self.names, self.given = sink, names, files
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="courier-compare-"))
        self.directory.chmod(0o755)
        make_certificate(self.directory / "probe.pem", "probe.test")
        self.files = self.directory / "files"
        shutil.copytree(installed, self.files, symlinks=True, ignore=lambda at, _: LEFT_OUT if at == str(installed) else ())
        for path, text in [*SITE.items(), *files.items()]:
            target = self.files / path
            if text is None:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            before = target.read_text() if path in SHELL and target.exists() else ""
            target.write_text(before + text.replace("$SINK", str(sink.port)).replace("$ARCHIVE", self.archive_named()).replace("$PEM", str(self.directory / "probe.pem")))

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, source=RELAYING, port=PORT):
        if port == SSL:
            return smtplib.SMTP_SSL("127.0.0.1", port, "client.elsewhere.test", timeout=30, source_address=(source, 0), context=unread())
        return smtplib.SMTP("127.0.0.1", port, "client.elsewhere.test", timeout=30, source_address=(source, 0))

    def user(self, user="demo", source="127.0.0.1", port=PORT):
        """A client that has logged in, over TLS."""
        client = self.client(source, port)
        if port != SSL:
            client.starttls(context=unread())
        client.login(f"{user}@{DOMAIN}", PASSWORD)
        return client

    def replies(self, sender, *recipients, source="127.0.0.1", port=PORT, text="Subject: x\r\n\r\nx\r\n"):
        """The codes of MAIL, each RCPT, and the end of data where it comes to that; or how the connection ended."""
        try:
            with self.client(source, port) as client:
                client.ehlo()
                codes = [client.mail(sender)[0]]
                codes += [client.rcpt(to)[0] for to in recipients] if codes[0] == 250 else []
                if codes[-1] == 250 and len(codes) > 1:
                    codes.append(client.data(text)[0])
                return codes
        except smtplib.SMTPDataError as refused:
            return [*codes, refused.smtp_code]
        except smtplib.SMTPConnectError as refused:
            return [refused.smtp_code]
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            return ["closed"]

    def send(self, *recipients, sender="demo@" + DOMAIN, text="Subject: probe\r\n\r\nhello\r\n", options=()):
        with self.client() as client:
            client.sendmail(sender, recipients, text, rcpt_options=options)
        return time.monotonic()

    def mail(self, user="demo", domain=DOMAIN):
        box = self.maildir(user, domain)
        return [file.read_text(errors="replace") for place in ("new", "cur") for file in (box / place).glob("*")] if box.exists() else []


class Courier(Server):
    name = "Courier"

    def start(self):
        environment = {**os.environ, "PORT": str(PORT), "FILES": str(self.files), "MAILDOMAIN": DOMAIN, "OURS": "1", "SUBMISSION": "1", "FAR": "1", "LOGIN": "x", "PASSWORD": "x", "COURIER_JAILS": JAILS,
                       "NAMES": "\n".join(self.names), **({"MSA": str(MSA)} if "esmtpd-msa" in self.given else {}), **({"SSL": str(SSL)} if "esmtpd-ssl" in self.given else {})}
        self.process = subprocess.Popen([ROOT / "tests/jails/mta.sh", "courier"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                return
        raise RuntimeError("Courier did not start: " + self.process.stderr.read())

    def archive_named(self):
        return "/var/lib/courier/archive"

    @property
    def jail(self):
        return pathlib.Path(JAILS, "courier-tests/jail")

    @property
    def archive(self):
        return self.jail / "var/lib/courier/archive"

    def logged(self):
        return pathlib.Path(JAILS, "courier-tests/log/mail").read_text(errors="replace")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)

    def maildir(self, user, domain):  # pylint: disable=unused-argument
        return pathlib.Path(JAILS, "courier-tests/maildirs", user, "Maildir")

    def run(self, *words, user="root", variables=(), text=""):
        """One of Courier's programs."""
        return subprocess.run(["chroot", f"--userspec={user}:{user}", self.jail, "/usr/bin/env", "PATH=/usr/sbin:/usr/bin", *variables, *words], capture_output=True, text=True, timeout=60, input=text)

    def lookup(self, domain):
        return self.run("testmxlookup", domain).stdout


class Ours(Server):
    name = "ours"
    NAMES = "127.0.0.55"  # its name server
    STATE, ACCOUNTS = pathlib.Path(JAILS, "state"), pathlib.Path(JAILS, "accounts.db")

    @classmethod
    def make_accounts(cls):
        """Once, for all probes."""
        shutil.rmtree(cls.STATE, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as configuration:
            configuration.write(f"[server]\nhostname = mail.{DOMAIN}\nstate = {cls.STATE}\n")
            configuration.flush()
            for words in (["domain", "add", DOMAIN], ["domain", "add", CATCHING], ["account", "add", f"alias@{CATCHING}", "--password", PASSWORD], *(["account", "add", f"{user}@{DOMAIN}", "--password", PASSWORD] for user in ("demo", "bob"))):
                subprocess.run([PROGRAM, "--config", configuration.name, *words], check=True, capture_output=True)
        shutil.copy(cls.STATE / "accounts.db", cls.ACCOUNTS)

    def start(self):
        shutil.rmtree(self.STATE)
        self.STATE.mkdir()
        shutil.copy(self.ACCOUNTS, self.STATE / "accounts.db")
        configuration = self.files / "courier.conf"
        configuration.write_text(f"[server]\nstate = {self.STATE}\n[smtp]\nlisten = 127.0.0.1:{PORT}\n[submission]\nlisten = 127.0.0.1:{MSA}\n"
                                 f"[submissions]\nlisten = 127.0.0.1:{SSL}\n[dns]\nservers = {self.NAMES}:53\n")
        self.resolver = subprocess.Popen(["python3", ROOT / "tests/jails/names.py", self.NAMES, *self.names])
        self.log = open(self.directory / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", configuration], stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        raise RuntimeError("ours did not start: " + self.logged())

    def archive_named(self):
        return str(self.archive)

    @property
    def archive(self):
        return self.directory / "archive"

    def logged(self):
        return (self.directory / "log").read_text(errors="replace")

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.resolver.kill()
        self.resolver.wait()
        self.log.close()

    def maildir(self, user, domain):
        return self.STATE / "mail" / domain / user / "Maildir"

    def run(self, *words, user="root", variables=(), text=""):
        return subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "env", *variables, PROGRAM, "--config", self.files / "courier.conf", *words], capture_output=True, text=True, timeout=60, input=text)

    def lookup(self, domain):
        return self.run("testmxlookup", f"@{self.NAMES}", domain).stdout
