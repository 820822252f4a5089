"""A relay that lets scripts written for folders at the top level talk to a server that keeps all folders below `INBOX.`.

What the client calls `Work` is `INBOX.Work` for the server, in both directions and in every form a mailbox name may have (atom,
quoted string, literal). Everything else passes as it is, octet for octet.
"""
import re
import socket
import threading

PREFIX = b"INBOX."
NAME = rb'(?:"(?:[^"\\]|\\.)*"|\{\d+\+?\}|[^ "(){}\r\n]+)'
FIRST = rb"CREATE|DELETE|SELECT|EXAMINE|STATUS|APPEND|SUBSCRIBE|UNSUBSCRIBE"
COMMAND = re.compile(
    rb"^(?P<head>\S+ (?:" + FIRST + rb"|RENAME|(?:UID )?(?:COPY|MOVE) \S+|L(?:IST|SUB) (?:\"\"|" + NAME + rb")) )(?P<name>" + NAME + rb")(?P<rest>.*)$", re.I | re.S)
RENAMED = re.compile(rb"^(?P<head> )(?P<name>" + NAME + rb")(?P<rest>.*)$", re.S)
RESPONSE = re.compile(rb'^(\* (?:LIST|LSUB) \([^)]*\) \S+ "?|\* STATUS "?)INBOX\.', re.I)
ASIDE = b"relay-aside "  # tag of a command that only the server sees
LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n$")


def longer(name):
    """-> the name as the server knows it, octets to put before the literal that the name is"""
    literal = re.fullmatch(rb"\{(\d+)(\+?)\}", name)
    if literal:
        return b"{%d%s}" % (int(literal[1]) + len(PREFIX), literal[2]), PREFIX
    quoted = name.startswith(b'"')
    text = name[1:-1] if quoted else name
    if not text or text.upper() == b"INBOX" or text.startswith(b"#"):
        return name, b""
    return (b'"%s%s"' if quoted else b"%s%s") % (PREFIX, text), b""


def upward(line, pattern):
    """-> the line as the server wants it, octets before its literal, whether a second name may follow"""
    match = pattern.match(line)
    if not match:
        return line, b"", False
    end = b"\r\n" if match["rest"].endswith(b"\r\n") else b""
    rest = match["rest"][:len(match["rest"]) - len(end)]
    name, before = longer(match["name"])
    renames = pattern is COMMAND and match["head"].split()[1].upper() == b"RENAME"
    if renames and rest:
        rest, before, renames = upward(rest, RENAMED)[0], upward(rest, RENAMED)[1], False
    line = match["head"] + name + rest + end
    if b" L" in match["head"].upper() and match["name"].strip(b'"') in (b"*", b"%"):  # INBOX is such a name as well
        line = ASIDE + b"LIST \"\" INBOX\r\n" + line if b" LIST " in match["head"].upper() else line
    return line, before, renames


def pass_on(source, target, rewrite):
    """Lines go through rewrite(line, is_first) -> (line, octets before its literal); literals follow as they are."""
    first = True
    try:
        while line := source.readline():
            line, before = rewrite(line, first)
            target.sendall(line)
            literal = LITERAL.search(line)
            first = literal is None
            if literal:
                rest = int(literal[1]) - len(before)
                target.sendall(before)
                while rest > 0 and (data := source.read1(min(rest, 65536))):
                    target.sendall(data)
                    rest -= len(data)
    except OSError:
        pass
    finally:
        try:
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def serve_one(client, host, port):
    with client, socket.create_connection((host, port), 10) as server:
        server.settimeout(None)
        state = {"renames": False}

        def to_server(line, first):
            if not first and not state["renames"]:
                return line, b""
            line, before, state["renames"] = upward(line, COMMAND if first else RENAMED)
            return line, before

        def to_client(line, first):
            if first and line.startswith(ASIDE):
                return b"", b""
            return (RESPONSE.sub(rb"\1", line) if first else line), b""

        up = threading.Thread(target=pass_on, args=(client.makefile("rb"), server, to_server), daemon=True)
        up.start()
        pass_on(server.makefile("rb"), client, to_client)
        up.join(10)


def before(host, port):
    """-> the port of a relay that lives as long as this process."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve_one, args=(client, host, port), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]
