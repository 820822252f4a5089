"""Debian's Courier and ours, each given the same copy of Courier's files, and a server beyond them that sees what they send."""
import base64
import os
import pathlib
import shutil
import smtplib
import socket
import ssl
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
    """The next server: refuses gone@ for good and slow@ for now, takes the rest, and keeps what it saw.

    words: what EHLO offers; pause: seconds before it takes a message; stall: the verb, "." or "greeting" that it never answers; tls: "offered",
    "implicit", or "broken" after STARTTLS; refuses_login; late: it listens only once `open` was called; full: it accepts no connection."""

    def __init__(self, address="127.0.0.1", port=0, words=(), pause=0.0, stall="", tls="", refuses_login=False, late=False, full=False):
        self.connections, self.transactions, self.attempts, self.helos, self.logins = [], [], [], [], []
        self.secure, self.waits, self.idle, self.pings = [], [], [], 0
        self.at_once = self.most = 0
        self.words, self.pause, self.stall, self.tls, self.refuses_login, self.full = words, pause, stall, tls, refuses_login, full
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ":" in address:
            self.listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        self.listener.bind((address, port))
        self.port = self.listener.getsockname()[1]
        self.context = certificate() if tls in ("offered", "implicit") else None
        if not late:
            self.open()

    def open(self):
        self.listener.listen(0 if self.full else 128)
        if self.full:
            self.fillers = [socket.socket() for _ in range(4)]
            for filler in self.fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
        else:
            threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, peer = self.listener.accept()
            except OSError:
                return
            self.connections.append(peer[0].removeprefix("::ffff:"))
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            with client:
                self.talk(self.context.wrap_socket(client, server_side=True) if self.tls == "implicit" else client)
        except OSError:
            pass
        finally:
            with self.lock:
                self.at_once -= 1

    def stalls(self, verb, wire):
        """Waits for the client to give up, and keeps how long that took."""
        if self.stall != verb:
            return False
        begun = time.monotonic()
        while wire.readline():
            pass
        self.waits.append(time.monotonic() - begun)
        return True

    def talk(self, client):
        wire = client.makefile("rwb")

        def say(text):
            wire.write(text.encode() + b"\r\n")
            wire.flush()

        if self.stalls("greeting", wire):
            return
        say("220 sink.test ESMTP")
        taken, secure, done = [], self.tls == "implicit", None
        while line := wire.readline().decode(errors="replace").rstrip("\r\n"):
            verb = line[:4].upper()
            if verb == "RSET" and done:
                self.pings += 1
            elif done:
                self.idle.append(time.monotonic() - done)
                done = None
            if self.stalls(verb, wire):
                return
            if verb == "EHLO":
                self.helos.append(line[5:])
                words = ("sink.test", *self.words, *(("STARTTLS",) if self.tls in ("offered", "broken") and not secure else ()))
                say("".join(f"250-{word}\r\n" for word in words) + "250 8BITMIME")
            elif verb == "STAR":
                say("220 go ahead")
                if self.tls == "broken":
                    return
                client = self.context.wrap_socket(client, server_side=True)
                wire, secure = client.makefile("rwb"), True
            elif verb == "AUTH":
                say("334 " + base64.b64encode(b"<1@sink.test>").decode())
                self.logins.append(base64.b64decode(wire.readline()).decode().split()[0])
                say("535 5.7.8 no" if self.refuses_login else "235 ok")
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
                if self.stalls(".", wire):
                    return
                time.sleep(self.pause)
                self.transactions.append(taken)
                self.secure.append(secure)
                taken, done = [], time.monotonic()
                say("250 ok")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
        if done:
            self.idle.append(time.monotonic() - done)

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)  # or the thread that waits in accept keeps the port
        except OSError:
            pass
        self.listener.close()
        for filler in getattr(self, "fillers", []):
            filler.close()


def certificate():
    """A server's side of TLS with a certificate that nobody vouches for."""
    with tempfile.TemporaryDirectory() as directory:
        files = [f"{directory}/{name}" for name in ("key", "pem")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=sink.test",
                        "-keyout", files[0], "-out", files[1]], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files[1], files[0])
        return context


class Server:
    """What a probe may do with either of them."""

    name = ""

    def __init__(self, files, sink, names=()):
        self.sink, self.names, self.port = sink, names, free_port()
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

    def send(self, *recipients, sender="demo@" + DOMAIN, text="Subject: probe\r\n\r\nhello\r\n", options=()):
        with self.client() as client:
            client.sendmail(sender, recipients, text, rcpt_options=options)
        return time.monotonic()

    def mail(self, user="demo"):
        box = self.maildir(user)
        return [file.read_text(errors="replace") for place in ("new", "cur") for file in (box / place).glob("*")] if box.exists() else []


class Courier(Server):
    name = "Courier"

    def start(self):
        environment = {**os.environ, "PORT": str(self.port), "FILES": str(self.files), "MAILDOMAIN": DOMAIN, "OURS": "1", "SUBMISSION": "1", "FAR": "1", "LOGIN": "x", "PASSWORD": "x", "COURIER_JAILS": JAILS,
                       "NAMES": "\n".join(self.names)}
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

    def rmail(self, *arguments, text, **environment):
        """As UUCP calls it; the exit code."""
        command = [shutil.which("chroot"), "--userspec=uucp:uucp", f"{JAILS}/courier-tests/jail", "/usr/sbin/rmail", *arguments]
        return subprocess.run(command, input=text, text=True, capture_output=True, env={"PATH": "/usr/bin:/bin", **environment}, timeout=60).returncode

    def lookup(self, domain):
        return subprocess.run(["chroot", f"{JAILS}/courier-tests/jail", "/usr/bin/testmxlookup", domain], capture_output=True, text=True).stdout


class Ours(Server):
    name = "ours"
    NAMES = "127.0.0.55"  # its name server

    def start(self):
        configuration = self.files / "courier.conf"
        own = "" if (self.files / "me").exists() else f"hostname = mail.{DOMAIN}\n"
        configuration.write_text(f"[server]\n{own}state = {self.directory / 'state'}\n[accounts]\ndefault_domain = {DOMAIN}\n"
                                 f"[smtp]\nlisten = 127.0.0.1:{self.port}\n[dns]\nservers = {self.NAMES}:53\n")
        self.resolver = subprocess.Popen(["python3", ROOT / "tests/jails/names.py", self.NAMES, *self.names])
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
        self.resolver.kill()
        self.resolver.wait()
        self.log.close()

    def maildir(self, user):
        return self.directory / "state/mail" / DOMAIN / user / "Maildir"

    def rmail(self, *arguments, text, **environment):
        environment = {**os.environ, "COURIER_CONFIG": str(self.files / "courier.conf"), **environment}
        return subprocess.run([PROGRAM, "rmail", *arguments], input=text, text=True, capture_output=True, env=environment, timeout=60).returncode

    def lookup(self, domain):
        return subprocess.run([PROGRAM, "testmxlookup", "--config", self.files / "courier.conf", f"@{self.NAMES}", domain], capture_output=True, text=True).stdout
