"""Python's own mail libraries against a running server: send, read, flag, copy, search, delete, over plain, STARTTLS and TLS.
usage: python_clients.py DOMAIN protocol=port...   (accounts ada/ada and ben/ben)"""
import email
import email.policy
import imaplib
import poplib
import smtplib
import ssl
import sys
import time
from email.message import EmailMessage

HOST, DOMAIN = "127.0.0.1", sys.argv[1]
PORT = {name: int(port) for name, port in (a.split("=") for a in sys.argv[2:])}
TLS = ssl.create_default_context()
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE   # the server's certificate is its own


def message(subject, body):
    m = EmailMessage()
    m["From"], m["To"], m["Subject"] = f"ada@{DOMAIN}", f"ben@{DOMAIN}", subject
    m.set_content(body)
    m.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream", filename="bytes.bin")
    return m


def must(result):
    status, data = result
    assert status == "OK", (status, data)
    return data


def same(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def wait_for(mailbox, count):
    for _ in range(200):
        if int(must(mailbox.select("INBOX"))[0]) >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{count} messages never arrived")


# 1. Sending: unauthenticated to a local user, by submission with STARTTLS, by submissions; 8-bit bodies and dots survive.
with smtplib.SMTP(HOST, PORT["smtp"], local_hostname="client.test", timeout=20) as s:
    # Not by send_message, which would write ">From".
    s.sendmail(f"ada@{DOMAIN}", [f"ben@{DOMAIN}"], message("plain", ".dot\n..dots\nFrom here\n").as_bytes(policy=email.policy.SMTP))
    code, text = s.docmd("RCPT TO:<ben@example.invalid>")
    assert code == 503, (code, text)
with smtplib.SMTP(HOST, PORT["submission"], local_hostname="client.test", timeout=20) as s:
    s.starttls(context=TLS)
    s.login(f"ada@{DOMAIN}", "ada")
    s.send_message(message("starttls", "größe €\n"))
    refused = s.sendmail(f"ada@{DOMAIN}", [f"ben@{DOMAIN}", f"nobody@{DOMAIN}"], "Subject: partly\r\n\r\nx\r\n")
    assert list(refused) == [f"nobody@{DOMAIN}"] and refused[f"nobody@{DOMAIN}"][0] == 550, refused
with smtplib.SMTP_SSL(HOST, PORT["submissions"], local_hostname="client.test", context=TLS, timeout=20) as s:
    s.login("ada", "ada")
    s.send_message(message("submissions", "y" * 900 + "\n"))
    code, text = s.docmd("AUTH PLAIN", "AGFkYQBhZGE=")  # a second time: RFC 4954 §4 wants 503
    assert code == 503, (code, text)

# 2. IMAP over TLS: everything arrived, once, and reads back as it was sent.
with imaplib.IMAP4_SSL(HOST, PORT["imaps"], ssl_context=TLS, timeout=20) as m:
    must(m.login(f"ben@{DOMAIN}", "ben"))
    wait_for(m, 4)
    assert must(m.search(None, "SUBJECT", '"starttls"'))[0].split(), "SEARCH SUBJECT"
    uids = must(m.uid("SEARCH", "ALL"))[0].split()
    assert len(uids) == 4, uids
    found = {}
    for uid in uids:
        parsed = email.message_from_bytes(must(m.uid("FETCH", uid.decode(), "(BODY.PEEK[])"))[0][1], policy=email.policy.default)
        found[parsed["Subject"]] = parsed
    assert set(found) == {"plain", "starttls", "partly", "submissions"}, set(found)
    same(found["plain"].get_body().get_content(), ".dot\r\n..dots\r\nFrom here\r\n")  # as it crossed the wire
    same(found["starttls"].get_body().get_content(), "größe €\r\n")
    assert list(found["plain"].iter_attachments())[0].get_content() == bytes(range(256)) * 40

    # 3. Flags, keywords, folders, copies, expunge.
    must(m.store("1:2", "+FLAGS", r"(\Flagged)"))
    assert len(must(m.search(None, "FLAGGED"))[0].split()) == 2
    must(m.create("INBOX.Archive"))
    must(m.copy("1:2", "INBOX.Archive"))
    must(m.store("1", "+FLAGS", r"(\Deleted)"))
    must(m.expunge())
    assert b"MESSAGES 2" in must(m.status("INBOX.Archive", "(MESSAGES)"))[0]
    assert int(must(m.select("INBOX"))[0]) == 3
    must(m.append("INBOX.Archive", r"(\Seen)", imaplib.Time2Internaldate(1700000000), b"Subject: appended\r\n\r\nz\r\n"))
    assert int(must(m.select("INBOX.Archive", readonly=True))[0]) == 3
    assert any(b"appended" in part[1] for part in must(m.fetch("3", "(FLAGS INTERNALDATE BODY.PEEK[HEADER])")) if isinstance(part, tuple))
    must(m.rename("INBOX.Archive", "INBOX.Old"))
    assert any(b"INBOX.Old" in line for line in must(m.list()))
    must(m.close())

# 4. A wrong password is refused; STARTTLS works on the plain port.
for user, password in ((f"ben@{DOMAIN}", "wrong"), ("nobody", "ben")):
    m = imaplib.IMAP4(HOST, PORT["imap"], timeout=20)
    m.starttls(TLS)
    try:
        m.login(user, password)
        raise AssertionError(f"{user} logged in with a wrong password")
    except imaplib.IMAP4.error:
        m.shutdown()

m = imaplib.IMAP4_SSL(HOST, PORT["imaps"], ssl_context=TLS, timeout=20)
must(m.authenticate("PLAIN", lambda _: b"\0ben\0ben"))  # without an initial response, unlike curl and mutt
m.logout()

# 5. POP3 sees the same inbox; what it deletes is gone for IMAP.
p = poplib.POP3_SSL(HOST, PORT["pop3s"], context=TLS, timeout=20)
p.user(f"ben@{DOMAIN}")
p.pass_("ben")
count, size = p.stat()
assert count == 3 and size == sum(int(line.split()[1]) for line in p.list()[1]), (count, size)
assert len({line.split()[1] for line in p.uidl()[1]}) == 3
assert b"\r\n".join(p.retr(1)[1]).count(b"Subject:") >= 1
assert len(p.top(1, 0)[1]) < len(p.retr(1)[1])
p.dele(1)
p.quit()
p = poplib.POP3(HOST, PORT["pop3"], timeout=20)
p.stls(context=TLS)
p.user("ben")
p.pass_("ben")
assert p.stat()[0] == 2
p.quit()
m = imaplib.IMAP4_SSL(HOST, PORT["imaps"], ssl_context=TLS, timeout=20)
must(m.login("ben", "ben"))
assert int(must(m.select("INBOX"))[0]) == 2
m.logout()
print("done")
