"""What is seen of a server that receives."""
import socket
import subprocess
import time

from servers import MSA, PORT, SSL, unread

from .probe import ELSEWHERE, MINE, wait

CRLF = "\r\n"
SIGNED = CRLF.join(["DKIM-Signature: v=1; a=rsa-sha256; d=example.test; s=x; h=from; bh=eA==; b=eA==", "From: demo", "Subject: signed.. ", "", "x", ""])


def codes(*questions, port=PORT):
    """Each question: the client's address, the sender, and the recipients. Classes of replies are compared: 2, 4, 5."""
    def run(server):
        seen = []
        for client, sender, *recipients in questions:
            seen.append(" ".join(str(code)[0] if isinstance(code, int) else code for code in server.replies(sender, *recipients, source=client, port=port)))
        return " | ".join(seen)
    return run


def denied_by(*questions, port=PORT):
    """As codes, but a connection that is closed without a word is a refusal, too."""
    seen = codes(*questions, port=port)
    return lambda server: seen(server).replace("closed", "5")


def says(*lines, take=1, source="127.0.0.2", port=PORT):
    """What is answered to lines of a client: the first words of each reply, or its class."""
    def run(server):
        with server.client(source, port) as client:
            client.ehlo()
            return " | ".join(b" ".join(client.docmd(line)[1].split()[:take]).decode() if take else str(client.docmd(line)[0])[0] for line in lines)
    return run


def offers(word, port=PORT):
    """What EHLO says of an extension, before and after STARTTLS."""
    def line(client):
        client.ehlo()
        offered = [text for text in client.ehlo_resp.decode().splitlines() if text.split()[0] == word]
        return " ".join(offered[0].split()[:1] + sorted(offered[0].split()[1:])) if offered else f"no {word}"

    def run(server):
        with server.client("127.0.0.1", port) as client:
            seen = [line(client)]
            if port != SSL and client.has_extn("STARTTLS"):
                client.starttls(context=unread())
                seen.append("over TLS " + line(client))
            return ", ".join(seen)
    return run


def presents(port=PORT):
    """Whose certificate is shown."""
    def run(server):
        with server.client(port=port) as client:
            if port != SSL:
                client.starttls(context=unread())
            shown = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], input=client.sock.getpeercert(True), capture_output=True, check=True).stdout.decode()
            return shown.split("CN = ")[-1].strip()
    return run


def asks_for_certificate(port=PORT):
    """Whether the client is asked for a certificate of its own."""
    def run(server):
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *(() if port == SSL else ("-starttls", "smtp"))], input="QUIT\r\n", capture_output=True, text=True, timeout=30).stdout
        return "asks for a certificate" if "Requested Signature Algorithms" in shown else "does not ask for a certificate" if "Cipher is" in shown else "no TLS"
    return run


def looks_up(server):
    """Whether the client's name is found and told."""
    with server.client("127.0.0.5") as client:
        client.sendmail(ELSEWHERE, [MINE], "Subject: x\r\n\r\nx\r\n")
    mail = wait(server.mail, 15) or [""]
    return "the client's name is told" if "client5.test" in mail[0] else "the client's name is not told" if mail[0] else "not delivered"


def logs_dialogue(port=PORT):
    def run(server):
        with server.client(port=port) as client:
            client.ehlo()
            client.mail("somebody@elsewhere.test")
            client.docmd("RSET")
        return "commands are in the log" if wait(lambda: "RSET" in server.logged(), 2) else "no commands in the log"
    return run


def tarpit(port=PORT):
    """How long the second of two refusals takes."""
    def run(server):
        with server.client("127.0.0.1", port) as client:
            client.ehlo()
            begun = time.monotonic()
            for _ in range(2):
                client.docmd("MAIL FROM:<nobody at all")
            return "refusals are held back" if time.monotonic() - begun > 6 else "refusals come at once"
    return run


def bare_from(server):
    """A From without a domain, unsigned and signed, as it is delivered from a client that may relay."""
    def kept(text):
        before = len(server.mail())
        server.send(MINE, text=text)
        mail = wait(lambda: len(server.mail()) > before and server.mail(), 15) or []
        found = [line for one in mail if "Subject: " + text.split("Subject: ")[1][:8] in one for line in one.splitlines() if line.startswith("From:")]
        return "as it was" if found == ["From: demo"] else f"became {found[0][6:]}" if found else "not delivered"
    return f"unsigned {kept('From: demo' + CRLF + 'Subject: unsigned' + CRLF * 2 + 'x' + CRLF)}, signed {kept(SIGNED)}"


def user_codes(*questions, port):
    """As codes, of a user who has logged in."""
    def run(server):
        seen = []
        for source, sender, *recipients in questions:
            with server.user(source=source, port=port) as client:
                seen.append(" ".join(str(code)[0] for code in (client.mail(sender)[0], *(client.rcpt(to)[0] for to in recipients))))
        return " | ".join(seen)
    return run


def submitted(**given):
    """The fields of a message of a user."""
    names, port = given.get("names", ()), given.get("port", PORT)

    def run(server):
        with server.user(port=port) as client:
            client.sendmail(MINE, [MINE], "From: demo\r\nSubject: x\r\n\r\nx\r\n")
        mail = wait(server.mail, 15)
        if not mail:
            return "not delivered"
        header = mail[0].split("\n\n")[0].splitlines()
        from_line = next(line for line in header if line.startswith("From:"))
        return ", ".join([from_line, *(name if any(line.lower().startswith(name.lower() + ":") for line in header) else f"no {name}" for name in names)])
    return run


def greeting(server):
    with server.client() as client:
        code, text = client.ehlo()
        return f"{text.decode().split()[0]}"


def banner(server):
    with socket.create_connection(("127.0.0.1", PORT)) as client:
        return client.makefile().readline().strip()


def delivered(text, *, sender="demo@example.test", to="demo@example.test", names=(), there=(), box=()):
    """Header fields of a message as it lies in the mailbox; of some only whether they are there."""
    def run(server):
        server.send(to, sender=sender, text=text)
        mail = wait(lambda: server.mail(*box), 15)
        if not mail:
            return "not delivered"
        header = mail[0].split("\n\n")[0].replace("\r", "").split("\n")
        return ", ".join(next((line for line in header if line.lower().startswith(name.lower() + ":")), f"no {name}").split("@" if name == "Message-ID" else "\0")[-1] for name in names) + "".join(
            f", {name}" if any(line.lower().startswith(name.lower() + ":") for line in header) else f", no {name}" for name in there)
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

    def refused():
        with server.client() as client:
            client.ehlo()
            client.mail("demo@example.test")
            code = client.rcpt("slow@far.test")[0]
            return code != 250 and code
    return f"RCPT once more: {str(wait(refused, 3) or 250)[0]}"


def open_at_once(peers=("127.0.0.1",) * 4, port=PORT):
    """What four connections are greeted with."""
    def run(server):
        clients, seen = [], []
        try:
            for peer in peers:
                client = socket.create_connection(("127.0.0.1", port), source_address=(peer, 0))
                client.settimeout(3)
                clients.append(client)
                try:
                    if port == SSL:
                        clients[-1] = client = unread().wrap_socket(client)
                    seen.append(client.recv(1000).decode()[:3] or "closed")
                except TimeoutError:
                    seen.append("nothing")
                except OSError:
                    seen.append("closed")
            return " ".join(seen)
        finally:
            for client in clients:
                client.close()
    return run
