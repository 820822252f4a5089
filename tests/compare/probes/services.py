"""esmtpd, esmtpd-msa and esmtpd-ssl."""
from servers import MSA, SSL

from .probe import ELSEWHERE, HERE, MINE, Probe
from .receiving_seen import asks_for_certificate, bare_from, codes, delivered, denied_by, logs_dialogue, looks_up, offers, open_at_once, presents, says, submitted, tarpit, user_codes

PLAIN = "Subject: x\r\n\r\nx\r\n"
LISTED = ("5.2.0.192.bl.test A 127.0.0.2", "6.2.0.192.wl.test A 127.0.0.2", "6.2.0.192.bl.test A 127.0.0.2")
LOGIN = "a submission listener always asks for a login (RFC 6409 section 4.3)"
STRANGER, RELAYING = (HERE, ELSEWHERE, MINE), ("127.0.0.2", ELSEWHERE, MINE)
BUSY = "421 and closed, where Courier closes without a word or lets the client wait"
BY_ITSELF = "TLS is spoken by the server itself"
FULL = "421 at once, where Courier lets the client wait for a place"
COMPLETED = "addresses that users submit without a domain get one; Courier leaves a field that is a name alone"
EXPANDS = "EXPN says the address of an account; Courier expands aliases alone"
EXPN = "502 5.5.1: what is switched off is not there; 252 is for VRFY (RFC 5321 section 3.5.3)"
NO_CERTIFICATES = "no login by certificate"
DIALOGUE = "no log of what is said; `courier trace` and the log's events name what happened"
TARPIT = "the first refusals of a session are not held back"
OVER_TLS = "logins are offered over TLS, PLAIN and LOGIN, whatever ESMTPAUTH_TLS says: who may log in is a matter of accounts"
CLEAR = "no login before TLS, whatever ESMTPAUTH says: [accounts] cleartext_logins"
ASKED = tuple((f"192.0.2.{n}", ELSEWHERE, MINE) for n in (5, 6, 7))
PEERS = ("127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14")


PROBES = [
    Probe("esmtpd", "BOFHCHECKDNS=1, a domain that does not exist", {"esmtpd": "BOFHCHECKDNS=1\n"}, codes((HERE, "client@elsewhere.invalid", MINE))),
    Probe("esmtpd", "BOFHCHECKDNS=0, a domain that does not exist", {"esmtpd": "BOFHCHECKDNS=0\n"}, codes((HERE, "client@elsewhere.invalid", MINE))),
    Probe("esmtpd", "BOFHNOVRFY=0", {"esmtpd": "BOFHNOVRFY=0\n"}, says("VRFY demo@example.test", "VRFY nobody@example.test", take=0)),
    Probe("esmtpd", "BOFHNOVRFY=1", {"esmtpd": "BOFHNOVRFY=1\n"}, says("VRFY demo@example.test", "VRFY nobody@example.test", take=0)),
    Probe("esmtpd", "BOFHNOEXPN=0", {"esmtpd": "BOFHNOEXPN=0\n"}, says("EXPN demo@example.test", take=0), why=EXPANDS),
    Probe("esmtpd", "BOFHNOEXPN=1", {"esmtpd": "BOFHNOEXPN=1\n"}, says("EXPN demo@example.test", take=0), why=EXPN),
    Probe("esmtpd", "TARPIT=1", {"esmtpd": "TARPIT=1\n"}, tarpit(), why=TARPIT, seconds=12),
    Probe("esmtpd", "TARPIT=0", {"esmtpd": "TARPIT=0\n"}, tarpit()),
    Probe("esmtpd", "NOADDMSGID=1, NOADDDATE=1", {"esmtpd": "NOADDMSGID=1\nNOADDDATE=1\n"}, delivered(PLAIN, names=["Message-ID", "Date"])),
    Probe("esmtpd", "NOADDMSGID=0, NOADDDATE=0", {"esmtpd": "NOADDMSGID=0\nNOADDDATE=0\n"}, delivered(PLAIN, names=["Message-ID"], there=["Date"])),
    Probe("esmtpd", "NOADDRREWRITE=0", {"esmtpd": "NOADDRREWRITE=0\n"}, bare_from),
    Probe("esmtpd", "NOADDRREWRITE=1", {"esmtpd": "NOADDRREWRITE=1\n"}, bare_from),
    Probe("esmtpd", "NOADDRREWRITE=2", {"esmtpd": "NOADDRREWRITE=2\n"}, bare_from),
    Probe("esmtpd", "ESMTP_LOG_DIALOG=0", {"esmtpd": "ESMTP_LOG_DIALOG=0\n"}, logs_dialogue()),
    Probe("esmtpd", "ESMTP_LOG_DIALOG=1", {"esmtpd": "ESMTP_LOG_DIALOG=1\n"}, logs_dialogue(), why=DIALOGUE),
    Probe("esmtpd", "AUTH_REQUIRED=0", {"esmtpd": "AUTH_REQUIRED=0\n"}, codes(STRANGER, RELAYING)),
    Probe("esmtpd", "AUTH_REQUIRED=1", {"esmtpd": "AUTH_REQUIRED=1\n"}, codes(STRANGER, RELAYING)),
    Probe("esmtpd", "ESMTP_TLS_REQUIRED=1", {"esmtpd": "ESMTP_TLS_REQUIRED=1\n"}, codes(STRANGER), why="530 5.7.0 (RFC 3207 section 4); Courier says 400, after which a server would come again and again in the clear"),
    Probe("esmtpd", "COURIERTLS= (none)", {"esmtpd": "COURIERTLS=\n"}, offers("STARTTLS"), why=BY_ITSELF),
    Probe("esmtpd", "TLS_CERTFILE=", {"esmtpd": "TLS_CERTFILE=$PEM\n"}, presents()),
    Probe("esmtpd", "TLS_VERIFYPEER=NONE, TLS_TRUSTCERTS=", {}, asks_for_certificate()),
    Probe("esmtpd", "TLS_VERIFYPEER=PEER", {"esmtpd": "TLS_VERIFYPEER=PEER\n"}, asks_for_certificate(), why=NO_CERTIFICATES),
    Probe("esmtpd", "BLACKLISTS= (none)", {"esmtpd": "BLACKLISTS=\n"}, codes(("192.0.2.5", ELSEWHERE, MINE)), names=LISTED),
    Probe("esmtpd", "BLACKLISTS=-allow, -block", {"esmtpd": 'BLACKLISTS="-allow=wl.test,BLOCK -block=bl.test,BLOCK,Listed"\n'}, codes(*ASKED), names=LISTED),
    Probe("esmtpd", "BLACKLISTS=-block without a text", {"esmtpd": 'BLACKLISTS="-block=bl.test"\n'}, codes(*ASKED), names=LISTED, why="without a text Debian's Courier, 1.0.16, refuses nobody; ours refuses in the list's words"),
    Probe("esmtpd", "ACCESSFILE=", {"esmtpd": "ACCESSFILE=${sysconfdir}/others\n", "others/default": "127.0.0.5\tallow,BLOCK=\"550 Go away.\"\n"}, denied_by(("127.0.0.5", ELSEWHERE, MINE), ("127.0.0.2", ELSEWHERE, "r@far.test"))),
    Probe("esmtpd", "MAXDAEMONS=2", {"esmtpd": "MAXDAEMONS=2\nMAXPERIP=10\nMAXPERC=10\n"}, open_at_once(), why=FULL, seconds=10),
    Probe("esmtpd", "MAXPERC=2", {"esmtpd": "MAXPERC=2\n"}, open_at_once(PEERS), why=BUSY, seconds=10),
    Probe("esmtpd", "MAXPERIP=2", {"esmtpd": "MAXPERIP=2\n"}, open_at_once(), why=BUSY, seconds=10),
    Probe("esmtpd", "TCPDOPTS=-nodnslookup", {}, looks_up, names=("5.0.0.127.in-addr.arpa PTR client5.test", "client5.test A 127.0.0.5")),
    Probe("esmtpd", "ESMTPAUTH=, ESMTPAUTH_TLS= (none)", {"esmtpd": 'ESMTPAUTH=""\nESMTPAUTH_TLS=""\n'}, offers("AUTH"), why=OVER_TLS),
    Probe("esmtpd", "ESMTPAUTH_TLS=PLAIN LOGIN", {"esmtpd": 'ESMTPAUTH_TLS="PLAIN LOGIN"\n'}, offers("AUTH")),
    Probe("esmtpd", "ESMTPAUTH=PLAIN LOGIN", {"esmtpd": 'ESMTPAUTH="PLAIN LOGIN"\n'}, offers("AUTH"), why=CLEAR),
    Probe("esmtpd-msa", "BOFHCHECKDNS=1, a domain that does not exist", {"esmtpd-msa": "BOFHCHECKDNS=1\n"}, user_codes((HERE, "client@elsewhere.invalid", MINE), port=MSA)),
    Probe("esmtpd-msa", "NOADDMSGID=0, NOADDDATE=0, NOADDRREWRITE=0", {"esmtpd-msa": ""}, submitted(names=["Message-ID", "Date"], port=MSA), why=COMPLETED),
    Probe("esmtpd-msa", "NOADDMSGID=1, NOADDDATE=1, NOADDRREWRITE=1", {"esmtpd-msa": "NOADDMSGID=1\nNOADDDATE=1\nNOADDRREWRITE=1\n"}, submitted(names=["Message-ID", "Date"], port=MSA)),
    Probe("esmtpd-msa", "ESMTP_LOG_DIALOG=0", {"esmtpd-msa": ""}, logs_dialogue(MSA)),
    Probe("esmtpd-msa", "AUTH_REQUIRED=0", {"esmtpd-msa": "AUTH_REQUIRED=0\n"}, codes(STRANGER, port=MSA), why=LOGIN),
    Probe("esmtpd-msa", "AUTH_REQUIRED=1", {"esmtpd-msa": "AUTH_REQUIRED=1\n"}, codes(STRANGER, port=MSA)),
    Probe("esmtpd-msa", "BLACKLISTS= (none)", {"esmtpd": 'BLACKLISTS="-block=bl.test"\n', "esmtpd-msa": "BLACKLISTS=\n"}, user_codes(("192.0.2.5", MINE, MINE), port=MSA), names=LISTED),
    Probe("esmtpd-msa", "ACCESSFILE=", {"esmtpd-msa": "ACCESSFILE=${sysconfdir}/others\n", "others/default": "127.0.0.5\tdeny\n"}, denied_by(("127.0.0.5", ELSEWHERE, MINE), port=MSA)),
    Probe("esmtpd-msa", "MAXDAEMONS=2", {"esmtpd-msa": "MAXDAEMONS=2\n"}, open_at_once(port=MSA), why=FULL, seconds=10),
    Probe("esmtpd-msa", "MAXPERC=2", {"esmtpd-msa": "MAXPERC=2\n"}, open_at_once(PEERS, port=MSA), why=BUSY, seconds=10),
    Probe("esmtpd-msa", "MAXPERIP=2", {"esmtpd-msa": "MAXPERIP=2\n"}, open_at_once(port=MSA), why=BUSY, seconds=10),
    Probe("esmtpd-ssl", "BOFHCHECKDNS=1, a domain that does not exist", {"esmtpd-ssl": "BOFHCHECKDNS=1\n"}, user_codes((HERE, "client@elsewhere.invalid", MINE), port=SSL)),
    Probe("esmtpd-ssl", "BOFHNOVRFY=0, BOFHNOEXPN=0", {"esmtpd-ssl": ""}, says("VRFY demo@example.test", "EXPN demo@example.test", take=0, source=HERE, port=SSL), why=EXPANDS),
    Probe("esmtpd-ssl", "TARPIT=1", {"esmtpd-ssl": "TARPIT=1\n"}, tarpit(SSL), why=TARPIT, seconds=12),
    Probe("esmtpd-ssl", "NOADDMSGID=1, NOADDDATE=1, NOADDRREWRITE=0", {"esmtpd-ssl": ""}, submitted(names=["Message-ID", "Date"], port=SSL), why=COMPLETED),
    Probe("esmtpd-ssl", "ESMTP_LOG_DIALOG=0", {"esmtpd-ssl": ""}, logs_dialogue(SSL)),
    Probe("esmtpd-ssl", "AUTH_REQUIRED=0", {"esmtpd-ssl": "AUTH_REQUIRED=0\n"}, codes(STRANGER, port=SSL), why=LOGIN),
    Probe("esmtpd-ssl", "COURIERTLS=/usr/bin/couriertls, TLS_VERIFYPEER=NONE, TLS_TRUSTCERTS=", {"esmtpd-ssl": ""}, asks_for_certificate(SSL)),
    Probe("esmtpd-ssl", "TLS_CERTFILE=", {"esmtpd": "TLS_CERTFILE=$PEM\n", "esmtpd-ssl": "TLS_CERTFILE=$PEM\n"}, presents(SSL)),
    Probe("esmtpd-ssl", "MAXDAEMONS=2", {"esmtpd-ssl": "MAXDAEMONS=2\n"}, open_at_once(port=SSL), why="closed at once, where Courier lets the client wait for a place", seconds=10),
    Probe("esmtpd-ssl", "MAXPERC=2", {"esmtpd-ssl": "MAXPERC=2\n"}, open_at_once(PEERS, port=SSL), seconds=10),
    Probe("esmtpd-ssl", "MAXPERIP=2", {"esmtpd-ssl": "MAXPERIP=2\n"}, open_at_once(port=SSL), seconds=10),
]
