"""Servers that the cases run against: ours, freshly started with a state of its own, or Debian's Dovecot in its jail."""
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 10
PROTOCOLS = ["smtp", "submission", "lmtp", "imap", "imaps", "pop3", "pop3s"]
PORTS_TAKEN, PORTS_LOCK = set(), threading.Lock()


class CannotStart(Exception):
    pass


def free_port():
    """A port below the ephemeral range, so that no outgoing connection of a neighbour takes it before the server binds it."""
    with PORTS_LOCK:
        while True:
            port = random.randint(20000, 31999)
            if port in PORTS_TAKEN:
                continue
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            PORTS_TAKEN.add(port)
            return port


class Ours:
    """`courier serve` in the foreground on free ports; accounts by the command line."""

    name, host, shared, domain, password = "courier", "127.0.0.1", False, "cases.test", "password"
    accounts = {"u1": "password", "u2": "password", "imapuser": "password", "imapuser2": "password", "Boby": "password", "delegate": "123456"}

    def __init__(self, directory):
        self.directory = directory
        self.binary = os.environ.get("COURIER_BIN") or next((str(p) for c in ("Release", "Debug") if (p := REPOSITORY / f"src/Courier/bin/{c}/net10.0/courier").exists()), "")
        self.ports = {p: free_port() for p in PROTOCOLS}

    def __enter__(self):
        if not self.binary or not os.path.exists(self.binary):
            raise CannotStart("the program is not built (dotnet build -c Release src/Courier)")
        self.directory.mkdir(parents=True)
        self.config = self.directory / "courier.conf"
        prefix = "[imap]\nfolder_prefix = none\n" if self.is_top_level() else ""
        listeners = "".join(f"[{p}]\nlisten = {self.host}:{port}\n" for p, port in self.ports.items())
        self.config.write_text(f"[server]\nhostname = mail.{self.domain}\nstate = {self.directory}/state\n{listeners}"
                               f"[accounts]\ndefault_domain = {self.domain}\ncleartext_logins = always\n{prefix}{os.environ.get('CASES_CONFIG', '')}\n")
        subprocess.run([self.binary, "--config", self.config, "domain", "add", self.domain], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=START_SECONDS, check=False)
        for user, password in self.accounts.items():
            done = subprocess.run([self.binary, "--config", self.config, "account", "add", self.address(user), "--password", password],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=START_SECONDS, check=False)
            if done.returncode:
                raise CannotStart(f"account add {user}: {done.stdout.decode('utf-8', 'replace')}")
        self.log = open(self.directory / "log", "wb")
        self.process = subprocess.Popen([self.binary, "serve", "--config", self.config], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        self.ready = threading.Event()
        threading.Thread(target=self.read_output, daemon=True).start()
        if not self.ready.wait(START_SECONDS) or not self.alive():
            self.__exit__()
            raise CannotStart("no `ready` from courier serve: " + self.last_words())
        return self

    def read_output(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            if line.strip() == b"ready":
                self.ready.set()
        self.ready.set()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if keep := os.environ.get("CASES_LOGS"):
            os.makedirs(keep, exist_ok=True)
            shutil.copy(self.directory / "log", os.path.join(keep, self.directory.name + ".log"))

    def has(self, protocol):
        return protocol in self.ports

    def port(self, protocol):
        return self.ports[protocol]

    def login(self, user):
        return user

    def address(self, user):
        return f"{user}@{self.domain}"

    def mailbox(self, name):
        return os.environ.get("CASES_PREFIX", "" if self.is_top_level() else "INBOX.") + name

    def is_top_level(self):
        """These suites make their folders without a prefix."""
        return self.directory.name in ("clients", "mpt")

    def alive(self):
        return self.process.poll() is None

    def last_words(self):
        return " / ".join((self.directory / "log").read_text(errors="replace").splitlines()[-6:])


class Dovecot:
    """Debian's Dovecot as bench/peers sets it up, in a jail of its own and with folders at the top level: users u0001…,
    password "pass", IMAP, POP3 and LMTP without TLS."""

    name, host, shared, domain, password = "dovecot", "127.0.0.1", True, "bench.test", "pass"
    variant = "-cases"

    def __init__(self, _directory):
        self.script = str(REPOSITORY / "bench/peers/dovecot.sh")
        self.ports = {p: free_port() for p in ("imap", "pop3", "lmtp")}

    def call(self, verb):
        environment = {**os.environ, "VARIANT": self.variant, **{p.upper(): str(port) for p, port in self.ports.items()}}
        return subprocess.run([self.script, verb], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)

    def __enter__(self):
        subprocess.run([str(REPOSITORY / "bench/build.sh")], check=True)
        for verb in ("setup", "reset", "start"):
            done = self.call(verb)
            if done.returncode:
                raise CannotStart(f"dovecot {verb}: {done.stdout.decode('utf-8', 'replace')}")
            if verb == "setup":
                self.add_accounts()
        time.sleep(0.5)
        return self

    def add_accounts(self):
        """The accounts that MPT names; u0001… come from the peer's own set-up. Its scripts use folders without a prefix."""
        peer = pathlib.Path(os.environ.get("PEERS", "/tmp/peers")) / ("dovecot" + self.variant)
        conf = peer / "jail/etc/dovecot/dovecot.conf"
        conf.write_text(conf.read_text().replace("prefix = INBOX.", "prefix ="))
        users = peer / "jail/etc/dovecot/users"
        with open(users, "a", encoding="ascii") as f:
            for user, password in Ours.accounts.items():
                if user.startswith("u"):
                    continue
                home = peer / "maildirs" / user.lower()
                shutil.rmtree(home, ignore_errors=True)
                f.write(f"{user.lower()}:{{PLAIN}}{password}:5000:5000::{home}::\n")

    def __exit__(self, *_):
        self.call("stop")

    def has(self, protocol):
        return protocol in self.ports

    def port(self, protocol):
        return self.ports[protocol]

    def login(self, user):
        return {"u1": "u0001", "u2": "u0002"}.get(user, user)

    def address(self, user):
        return f"{self.login(user)}@{self.domain}"

    def mailbox(self, name):
        return name

    def alive(self):
        return self.call("status").returncode == 0

    def last_words(self):
        return "see its log"
