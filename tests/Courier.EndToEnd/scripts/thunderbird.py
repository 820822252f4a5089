"""Thunderbird, headless, with a new profile against a running server: account, sync, flags, a keyword, move, a folder of its own, IDLE, send, delete.
usage: thunderbird.py HOME TRANSCRIPT DOMAIN protocol=port...   (account demo/demo with the messages "first", "second" and "third", and a folder Work)
What it did is looked at over IMAP; what others did, in Thunderbird. TRANSCRIPT is what the server writes of the account's sessions."""
import imaplib
import os
import pathlib
import re
import smtplib
import socket
import subprocess
import sys
import time

from marionette import Marionette

SECONDS = 60
HOST, HOME, TRANSCRIPT, DOMAIN = "127.0.0.1", pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
PORT = {name: int(port) for name, port in (a.split("=") for a in sys.argv[4:])}
ADDRESS = f"demo@{DOMAIN}"

PRELUDE = """
const {MailServices} = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const server = MailServices.accounts.accounts.map(a => a.incomingServer).find(s => s.type == "imap");
const folders = () => server ? server.rootFolder.descendants : [];
const folder = name => folders().find(f => f.name == name || (name == "INBOX" && f.getFlag(Ci.nsMsgFolderFlags.Inbox)));
const messages = name => [...folder(name).messages];
const message = (name, subject) => messages(name).find(m => m.mime2DecodedSubject == subject);
"""


def wait_for(what, seen):
    end, found = time.monotonic() + SECONDS, None
    while time.monotonic() < end:
        found = seen()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"never came: {what}; last {found!r}")


def same(found, wanted):
    assert found == wanted, f"found {found!r}, wanted {wanted!r}"


def imap():
    m = imaplib.IMAP4(HOST, PORT["imap"], timeout=SECONDS)
    m.login(ADDRESS, "demo")
    return m


def on_server(mailbox):
    """-> {subject: flags} as the server shows them to somebody else."""
    with imap() as m:
        status, _ = m.select(mailbox, readonly=True)
        if status != "OK":
            return {}
        found = {}
        for line in m.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]:
            if isinstance(line, tuple):
                flags = re.search(rb"FLAGS \(([^)]*)\)", line[0])[1].decode().split()
                found[line[1].decode().split("Subject: ")[1].strip()] = {f for f in flags if f != "\\Recent"}
        return found


def send(subject):
    with smtplib.SMTP(HOST, PORT["smtp"], local_hostname="client.test", timeout=SECONDS) as s:
        s.sendmail("a@elsewhere.test", [ADDRESS], f"From: a@elsewhere.test\r\nTo: {ADDRESS}\r\nSubject: {subject}\r\n\r\nbody of {subject}\r\n")


def idles():
    """Whether the session that has INBOX open, by the last such SELECT of Thunderbird, waits in IDLE."""
    said = [(line.split()[1], line.split("C: ", 1)[1]) for line in TRANSCRIPT.read_text("latin-1").splitlines() if " C: " in line]
    session = [number for number, command in said if command.endswith('select "INBOX"')][-1]
    return [command for number, command in said if number == session][-1].endswith("IDLE")


def start():
    profile = HOME / "profile"
    profile.mkdir(parents=True)
    with socket.socket() as probe:  # held by nobody for a moment; Thunderbird takes no port 0
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    # No polling: what shows without being asked for came by IDLE. No other network than ours.
    settings = {"marionette.port": port, "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False, "network.proxy.type": 0,
                "mail.server.default.check_new_mail": False, "mail.server.default.login_at_startup": False, "mail.server.default.check_all_folders_for_new": False,
                "mail.imap.use_status_for_biff": False, "mailnews.start_page.enabled": False, "mail.spotlight.firstRunDone": True, "extensions.update.enabled": False}
    lines = (f'user_pref("{name}", {str(value).lower() if isinstance(value, bool) else value});\n' for name, value in settings.items())
    (profile / "user.js").write_text("".join(lines))
    command = ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", str(profile)]
    with open(HOME / "thunderbird.log", "wb") as log:
        process = subprocess.Popen(command, env={**os.environ, "HOME": str(HOME), "MOZ_CRASHREPORTER_DISABLE": "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        return process, Marionette(port, SECONDS)
    except Exception:
        end(process)
        raise


def end(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def recipe(tb):
    def run(script, *arguments):
        return tb.run(PRELUDE + script, *arguments)

    # 1. A new account over STARTTLS, and what it finds.
    run("""
        const imap = MailServices.accounts.createIncomingServer(args[0], args[1], "imap");
        imap.port = args[2]; imap.socketType = Ci.nsMsgSocketType.alwaysSTARTTLS; imap.authMethod = Ci.nsMsgAuthMethod.passwordCleartext; imap.password = "demo";
        const identity = MailServices.accounts.createIdentity();
        identity.email = args[0]; identity.fullName = "Demo";
        const smtp = MailServices.outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
        smtp.hostname = args[1]; smtp.port = args[3]; smtp.username = args[0]; smtp.password = "demo";
        smtp.socketType = Ci.nsMsgSocketType.alwaysSTARTTLS; smtp.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
        identity.smtpServerKey = smtp.key;
        const account = MailServices.accounts.createAccount();
        account.incomingServer = imap; account.addIdentity(identity);
        imap.performExpand(null);""", ADDRESS, HOST, PORT["imap"], PORT["submission"])
    wait_for("the folders", lambda: run("return !!(folder('INBOX') && folder('Work'));"))
    run("folder('INBOX').updateFolder(null);")
    wait_for("the headers", lambda: run("return messages('INBOX').map(m => m.mime2DecodedSubject).sort();") == ["first", "second", "third"])
    # Thunderbird may have begun to download by itself.
    run("try { folder('INBOX').downloadAllForOffline(null, null); } catch (e) { if (e.result != 0x8055000a) throw e; }")
    wait_for("the messages", lambda: run("return messages('INBOX').every(m => !!(m.flags & Ci.nsMsgMessageFlags.Offline));"))
    body = run("""
        const hdr = message('INBOX', 'second');
        const {NetUtil} = ChromeUtils.importESModule("resource://gre/modules/NetUtil.sys.mjs");
        const stream = folder('INBOX').getMsgInputStream(hdr, {});
        return NetUtil.readInputStreamToString(stream, stream.available());""")
    assert "body of second" in body, body

    # 2. Flags and a tag, both ways.
    run("folder('INBOX').markMessagesRead([message('INBOX', 'first')], true); folder('INBOX').markMessagesFlagged([message('INBOX', 'first')], true);")
    run("folder('INBOX').addKeywordsToMessages([message('INBOX', 'second')], '$label1');")
    wait_for("Thunderbird's flags on the server", lambda: on_server("INBOX") == {"first": {"\\Seen", "\\Flagged"}, "second": {"$label1"}, "third": set()})
    with imap() as m:
        m.select("INBOX")
        m.store("3", "+FLAGS", "(\\Flagged \\Answered)")
    wait_for("the server's flags in Thunderbird", lambda: run("const hdr = message('INBOX', 'third'); return hdr.isFlagged && !!(hdr.flags & Ci.nsMsgMessageFlags.Replied);"))

    # 3. A folder of its own, and a move to it and to one that was there.
    run("server.rootFolder.createSubfolder(args[0], null);", "Entwürfe & mehr")
    wait_for("the new folder", lambda: run("return !!folder(args[0]);", "Entwürfe & mehr"))
    for subject, target in (("third", "Work"), ("second", "Entwürfe & mehr")):
        run("""
            await new Promise((resolve, reject) => MailServices.copy.copyMessages(folder('INBOX'), [message('INBOX', args[0])], folder(args[1]), true, {
                onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() {}, onStopCopy(status) { status ? reject(new Error("0x" + status.toString(16))) : resolve(); }
            }, null, false));""", subject, target)
    wait_for("the move on the server", lambda: on_server("INBOX") == {"first": {"\\Seen", "\\Flagged"}})
    same(on_server('"INBOX.Work"'), {"third": {"\\Flagged", "\\Answered"}})
    same(on_server('"INBOX.Entw&APw-rfe &- mehr"'), {"second": {"$label1"}})

    # 4. IDLE: it is told of what comes and of what goes, without asking.
    wait_for("IDLE", idles)
    send("while idle")
    wait_for("the message that came by SMTP", lambda: run("return !!message('INBOX', 'while idle');"))
    wait_for("IDLE again", idles)
    with imap() as m:
        m.select("INBOX")
        m.store("1", "+FLAGS", "\\Deleted")
        m.expunge()
    wait_for("the message that another deleted", lambda: run("return messages('INBOX').map(m => m.mime2DecodedSubject);") == ["while idle"])

    # 5. It sends by submission, and shows what it sent to itself.
    draft = HOME / "draft.eml"
    draft.write_bytes(f"From: {ADDRESS}\r\nTo: {ADDRESS}\r\nSubject: from Thunderbird\r\nMessage-ID: <tb@{DOMAIN}>\r\n\r\nsent\r\n..dots\r\n.\r\n".encode())
    run("""
        const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
        file.initWithPath(args[1]);
        const identity = MailServices.accounts.allIdentities[0];
        const smtp = MailServices.outgoingServer.getServerByIdentity(identity);
        await new Promise((resolve, reject) => smtp.sendMailMessage(file, MailServices.headerParser.parseEncodedHeader(args[0]), [], identity, args[0], "demo", null, false, "<tb@example>", {
            QueryInterface: ChromeUtils.generateQI(["nsIMsgOutgoingListener"]),
            onSendStart() {}, onSendStop(uri, status, info, error) { status ? reject(new Error(`0x${status.toString(16)} ${error}`)) : resolve(); }}));""", ADDRESS, str(draft))
    wait_for("what it sent", lambda: run("folder('INBOX').updateFolder(null); return !!message('INBOX', 'from Thunderbird');"))
    with imap() as m:
        m.select("INBOX", readonly=True)
        sent = m.fetch(m.search(None, "SUBJECT", '"from Thunderbird"')[1][0], "(BODY.PEEK[])")[1][0][1]
    assert sent.endswith(b"sent\r\n..dots\r\n.\r\n") and b"ESMTPSA" in sent, sent

    # 6. Delete: to the trash, which Thunderbird made and knows as such once it has listed it, and then for good.
    wait_for("the trash", lambda: run("server.performExpand(null); return !!folder('Trash') && folder('Trash').getFlag(Ci.nsMsgFolderFlags.Trash);"))
    run("folder('INBOX').deleteMessages([message('INBOX', 'while idle')], null, false, false, null, false);")
    wait_for("the message is in the trash", lambda: (set(on_server("INBOX")), set(on_server("INBOX.Trash"))) == ({"from Thunderbird"}, {"while idle"}))
    run("folder('Trash').updateFolder(null);")
    wait_for("Thunderbird sees it there", lambda: run("return !!message('Trash', 'while idle');"))
    run("folder('Trash').deleteMessages(messages('Trash'), null, true, false, null, false);")
    wait_for("it is marked", lambda: "\\Deleted" in on_server("INBOX.Trash")["while idle"])
    run("folder('Trash').compact(null, null);")
    wait_for("it is expunged", lambda: not on_server("INBOX.Trash"))

    # 7. A folder gets another name, and another session's new folder shows.
    run("folder(args[0]).rename('Renamed', null);", "Entwürfe & mehr")
    wait_for("the new name on the server", lambda: set(on_server("INBOX.Renamed")) == {"second"})
    with imap() as m:
        m.create("INBOX.Elsewhere")
        m.subscribe("INBOX.Elsewhere")
    run("server.performExpand(null);")
    wait_for("the folder that another made", lambda: run("return !!folder('Elsewhere');"))


thunderbird, driver = start()
try:
    recipe(driver)
finally:
    end(thunderbird)
print("done")
