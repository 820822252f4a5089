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


def by_uucp(*options):
    """rmail with a recipient, without any, and without saying from where; then the return path of what was delivered."""
    def run(server):
        said = ("UU_MACHINE=neighbour.test", "UU_USER=ada")
        ways = [([*options, MINE], said), ([], said), ([MINE], ())]
        taken = ["taken" if server.run("rmail", *words, user="uucp", variables=variables, text="Subject: uucp\n\nhello\n").returncode == 0 else "refused" for words, variables in ways]
        mail = wait(server.mail, 15) or [""]
        path = next((line for line in mail[0].splitlines() if line.lower().startswith("return-path:")), "no Return-Path")
        return ", ".join(taken) + f"; {len(server.mail())} delivered, {path}"
    return run


def lists(server):
    server.send("slow@far.test")
    wait(lambda: server.sink.attempts, 15)
    told = wait(lambda: (text := server.run("mailq").stdout) and "slow@far.test" in text and text, 5) or ""
    return f"recipient {'listed' if 'slow@far.test' in told else 'not listed'}, sender {'listed' if MINE in told else 'not listed'}"


PROBES = [
    Probe("sendmail", "-f", {}, hands_in("sendmail", "-f", BOB, MINE, text="Subject: x\n\nx\n")),
    Probe("sendmail", "-t", {}, hands_in("sendmail", "-f", BOB, "-t", text=f"To: {MINE}\nBcc: {BOB}\nSubject: x\n\nx\n")),
    Probe("rmail", "", {}, by_uucp(), why="the return path is UU_USER at UU_MACHINE, so that reports go back; at Courier it is the null path without -f"),
    Probe("rmail", "-f", {}, by_uucp("-f", "carol@neighbour.test")),
    Probe("mailq", "", {}, lists),
]
