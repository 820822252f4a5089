"""What becomes of the octets of a message: MIME=none, 7bit and 8bit."""
import email

from .probe import Probe, wait

CRLF = "\r\n"
EIGHT = ("Content-Transfer-Encoding: 8bit", "", "Grüße = ", "From here", "")
QUOTED = ("Content-Transfer-Encoding: quoted-printable", "", "Gr=C3=BC=C3=9Fe =3D=20", "=46rom=20he=", "re", "")


def mime(kind, *lines):
    return CRLF.join(("Subject: x", "MIME-Version: 1.0", "Content-Type: " + kind, *lines))


def holding(kind, *parts):
    """A message with parts, each of its lines."""
    return mime(f"{kind}; boundary=bb", "", *(line for part in parts for line in ("--bb", *part)), "--bb--", "")


MESSAGES = {
    "8bit text": mime("text/plain; charset=utf-8", *EIGHT),
    "quoted-printable text": mime("text/plain; charset=utf-8", *QUOTED),
    "8bit, no text": mime("application/x-tests", *EIGHT),
    "no MIME": "Subject: x\r\n\r\nGrüße\r\n",
    "quoted-printable ASCII": mime("text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "", "=41SCII", ""),
    "parts": holding("multipart/mixed", ("Content-Type: text/plain; charset=utf-8", *EIGHT), ("Content-Type: text/plain; charset=utf-8", *QUOTED)),
    "a message within": mime("message/rfc822", "Content-Transfer-Encoding: 8bit", "", mime("text/plain; charset=utf-8", *EIGHT)),
    "signed": holding("multipart/signed; protocol=application/x-tests; micalg=sha-256", ("Content-Type: text/plain; charset=utf-8", *QUOTED), ("Content-Type: application/x-tests", "", "signature", "")),
}
WORDS = "base64, where Courier makes quoted-printable of what is no text"
SIGNED = "what is signed stays octet by octet; Courier writes the parts anew, and a field in the second"
WHY = {("7bit", "8bit, no text"): WORDS, ("7bit", "signed"): SIGNED, ("8bit", "signed"): SIGNED}


def leaves(part):
    """Each part without parts inside: its type, its encoding, and what it says."""
    if part.is_multipart():
        return [leaf for one in part.get_payload() for leaf in leaves(one)]
    said = part.get_payload(decode=True).decode(errors="replace").replace("\r", "").replace("\n", "¶")
    return [f"{part.get_content_type()} {part.get_content_charset()} {str(part['Content-Transfer-Encoding']).lower()}: {said}"]


def kept(name):
    """The parts of the message as it lies in the mailbox."""
    def run(server):
        with server.client() as client:
            client.sendmail("demo@example.test", ["demo@example.test"], MESSAGES[name].encode(), mail_options=["BODY=8BITMIME"])
        mail = wait(server.mail, 15)
        return " | ".join(leaves(email.message_from_bytes(mail[0].encode()))) if mail else "not delivered"
    return run


PROBES = [Probe("smtpaccess", f"MIME={value}, {name}", {"smtpaccess/default": f"127.0.0.2\tallow,RELAYCLIENT,MIME={value}\n"}, kept(name), why=WHY.get((value, name), ""))
          for value, names in {"none": MESSAGES, "7bit": MESSAGES, "8bit": MESSAGES}.items() for name in names]
PROBES += [Probe("esmtpd", f"MIME={value}", {"esmtpd": f"MIME={value}\n"}, kept(name)) for value, name in (("7bit", "8bit text"), ("8bit", "quoted-printable text"))]
