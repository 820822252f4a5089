"""Courier's programs, which both have under the same names."""
from .probe import Probe, wait

MINE, BOB = "demo@example.test", "bob@example.test"


def hands_in(*words, **options):
    """Who gets a message that is handed in by a program, from whom, and what became of Bcc."""
    def run(server):
        done = server.run(*words, **options)
        if done.returncode:
            return f"ends with {done.returncode}: {(done.stdout + done.stderr).strip()[:200]}"
        wait(server.mail, 15)
        seen = []
        for person in ("demo", "bob"):
            for mail in server.mail(person):
                sender = next((line.split("<")[-1].rstrip(">") for line in mail.splitlines() if line.startswith("Return-Path:")), "nobody")
                seen.append(f"{person} from {sender}" + (" with Bcc" if "\nBcc:" in mail else ""))
        return ", ".join(seen) or "not delivered"
    return run


def lists(server):
    server.send("slow@far.test")
    wait(lambda: server.sink.attempts, 15)
    told = wait(lambda: (text := server.run("mailq").stdout) and "slow@far.test" in text and text, 5) or ""
    return f"recipient {'listed' if 'slow@far.test' in told else 'not listed'}, sender {'listed' if MINE in told else 'not listed'}"


PROBES = [
    Probe("sendmail", "-f", {}, hands_in("sendmail", "-f", BOB, MINE, text="Subject: x\n\nx\n")),
    Probe("sendmail", "-t", {}, hands_in("sendmail", "-f", BOB, "-t", text=f"To: {MINE}\nBcc: {BOB}\nSubject: x\n\nx\n")),
    Probe("rmail", "", {}, hands_in("rmail", MINE, text=f"From {BOB} Sat Nov 21 20:00:00 2026 remote from uucp.test\nSubject: x\n\nx\n", user="uucp", variables=("UU_MACHINE=uucp.test", "UU_USER=carol")),
          why="the return path is who sent it by UUCP; Courier has none, so that he hears of no failure"),
    Probe("mailq", "", {}, lists),
]
