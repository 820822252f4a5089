"""Debian's Courier and ours, each given the same copy of Courier's files, and a server beyond them that sees what they send."""
import base64
import os
import pathlib
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("COURIER_BIN", str(ROOT / "src/Courier/bin/Release/net10.0/courier"))
JAILS = os.environ.get("COURIER_JAILS", "/tmp/courier-jails")
DOMAIN = "example.test"
RELAYING = "127.0.0.2"  # the client that may relay, by smtpaccess


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Sink:
    """The next server: refuses gone@ for good and slow@ for now, takes the rest, and keeps what it saw. `silent` names the step at which it says nothing
    more: greeting, RCPT, end, QUIT; `deaf`: connections to it come to nothing; `closes`: they end at once."""

    def __init__(self, address="127.0.0.1", port=0, words=(), pause=0.0, silent="", deaf=False, closes=False):
        self.starts = []
        self.connections, self.transactions, self.attempts, self.helos, self.logins = [], [], [], [], []
        self.open = self.most = 0
        self.words, self.pause, self.lock = words, pause, threading.Lock()
        self.silent, self.closes, self.verbs, self.stalls, self.idle = silent, closes, [], [], []
        self.listener = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=0 if deaf else 50)
        self.port = self.listener.getsockname()[1]
        if deaf:  # with its queue full, the kernel answers no more
            self.waiting = [self.knock() for _ in range(3)]
            return
        threading.Thread(target=self.accept, daemon=True).start()

    def knock(self):
        client = socket.socket(self.listener.family)
        client.setblocking(False)
        client.connect_ex(self.listener.getsockname())
        return client

    def accept(self):
        while True:
            try:
                client, peer = self.listener.accept()
            except OSError:
                return
            self.connections.append(peer[0])
            self.starts.append(time.monotonic())
            if self.closes:
                client.close()
                continue
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
        try:
            with client, client.makefile("rwb") as wire:
                self.talk(wire)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open -= 1

    def talk(self, wire):
        def say(text):
            wire.write(text.encode() + b"\r\n")
            wire.flush()

        def stall(step):  # how long the other side bears it
            if self.silent != step:
                return False
            begun = time.monotonic()
            while wire.readline():
                pass
            self.stalls.append(time.monotonic() - begun)
            return True

        if stall("greeting"):
            return
        say("220 sink.test ESMTP")
        taken, done = [], 0.0
        while line := wire.readline().decode(errors="replace").rstrip("\r\n"):
            verb = line[:4].upper()
            self.verbs.append(verb)
            if stall(verb):
                return
            if verb == "EHLO":
                self.helos.append(line[5:])
                say("".join(f"250-{word}\r\n" for word in ("sink.test", *self.words)) + "250 8BITMIME")
            elif verb == "AUTH":
                say("334 " + base64.b64encode(b"<1@sink.test>").decode())
                self.logins.append(base64.b64decode(wire.readline()).decode().split()[0])
                say("235 ok")
            elif verb == "RCPT":
                to = line[line.index("<") + 1:line.index(">")]
                self.attempts.append((time.monotonic(), to))
                refusal = {"slow": "451 4.2.1 later", "gone": "550 5.1.1 no such user"}.get(to.split("@")[0])
                if refusal is None:
                    taken.append(to)
                say(refusal or "250 ok")
            elif verb == "DATA" and not taken:
                say("503 no recipients")
            elif verb == "DATA":
                say("354 go")
                while wire.readline() not in (b".\r\n", b""):
                    pass
                if stall("end"):
                    return
                time.sleep(self.pause)
                done = time.monotonic()
                self.transactions.append(taken)
                taken = []
                say("250 ok")
            elif verb == "QUIT":
                self.idle.append(time.monotonic() - done)
                say("221 bye")
                return
            else:
                say("250 ok")
        self.idle.append(time.monotonic() - done)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits in accept keeps the port
        self.listener.close()


class Server:
    """What a probe may do with either of them."""

    name = ""

    def __init__(self, files, sink):
        self.sink, self.port = sink, free_port()
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="courier-compare-"))
        self.files = self.directory / "files"
        for path, text in files.items():
            target = self.files / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace("$SINK", str(sink.port)).replace("$ARCHIVE", self.archive_named()))

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

    def client(self, source=RELAYING):
        return smtplib.SMTP("127.0.0.1", self.port, "client.elsewhere.test", timeout=30, source_address=(source, 0))

    def replies(self, sender, *recipients, source="127.0.0.1", text="Subject: x\r\n\r\nx\r\n"):
        """The codes of MAIL, each RCPT, and the end of data where it comes to that; or how the connection ended."""
        try:
            with self.client(source) as client:
                client.ehlo()
                codes = [client.mail(sender)[0]]
                codes += [client.rcpt(to)[0] for to in recipients] if codes[0] == 250 else []
                if codes[-1] == 250 and len(codes) > 1:
                    codes.append(client.data(text)[0])
                return codes
        except smtplib.SMTPConnectError as refused:
            return [refused.smtp_code]
        except (smtplib.SMTPServerDisconnected, ConnectionError):
            return ["closed"]

    def send(self, *recipients, sender="demo@" + DOMAIN, text="Subject: probe\r\n\r\nhello\r\n"):
        with self.client() as client:
            client.sendmail(sender, recipients, text)
        return time.monotonic()

    def mail(self, user="demo"):
        box = self.maildir(user)
        return [file.read_text(errors="replace") for place in ("new", "cur") for file in (box / place).glob("*")] if box.exists() else []


class Courier(Server):
    name = "Courier"

    def start(self):
        environment = {**os.environ, "PORT": str(self.port), "FILES": str(self.files), "MAILDOMAIN": DOMAIN, "OURS": "1", "SUBMISSION": "1", "FAR": "1", "LOGIN": "x", "PASSWORD": "x", "COURIER_JAILS": JAILS}
        self.process = subprocess.Popen([ROOT / "tests/jails/mta.sh", "courier"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line == "ready\n":
                return
        raise SystemExit("Courier did not start: " + self.process.stderr.read())

    def archive_named(self):
        return "/var/lib/courier/archive"

    @property
    def archive(self):
        return pathlib.Path(JAILS, "courier-tests/jail/var/lib/courier/archive")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)

    def maildir(self, user):
        return pathlib.Path(JAILS, "courier-tests/maildirs", user, "Maildir")


class Ours(Server):
    name = "ours"

    def start(self):
        configuration = self.files / "courier.conf"
        own = "" if (self.files / "me").exists() else f"hostname = mail.{DOMAIN}\n"
        configuration.write_text(f"[server]\n{own}state = {self.directory / 'state'}\n[accounts]\ndefault_domain = {DOMAIN}\n"
                                 f"[smtp]\nlisten = 127.0.0.1:{self.port}\n")
        command = [PROGRAM, "--config", configuration]
        subprocess.run([*command, "domain", "add", DOMAIN], check=True, capture_output=True)
        for user in ("demo", "bob"):
            subprocess.run([*command, "account", "add", f"{user}@{DOMAIN}", "--password", "secret"], check=True, capture_output=True)
        self.log = open(self.directory / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", configuration], stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if line.strip() == "ready":
                return
        self.log.seek(0)
        raise SystemExit("ours did not start: " + self.log.read())

    def archive_named(self):
        return str(self.archive)

    @property
    def archive(self):
        return self.directory / "archive"

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def maildir(self, user):
        return self.directory / "state/mail" / DOMAIN / user / "Maildir"
