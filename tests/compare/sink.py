"""A server beyond the two that are compared, which sees what they send."""
import base64
import socket
import ssl
import subprocess
import tempfile
import threading
import time


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


def make_certificate(path, name):
    """A file with a certificate that nobody vouches for, and its key."""
    with tempfile.NamedTemporaryFile("r") as key:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", f"/CN={name}",
                        "-keyout", key.name, "-out", path], check=True, capture_output=True)
        with open(path, "a") as file:
            file.write(key.read())


def certificate():
    with tempfile.NamedTemporaryFile() as file:
        make_certificate(file.name, "sink.test")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
        return context
