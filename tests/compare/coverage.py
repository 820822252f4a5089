"""Which settings of Courier's files, as Debian installs them, have a probe."""
import re

# What no probe is made for, and why. A file alone: all of it. A name alone: in every file.
REASONS = {
    "PATH": "for programs that Courier's scripts start; ours starts none", "SHELL": "for programs that Courier's scripts start; ours starts none",
    "prefix": "where Courier's programs lie", "exec_prefix": "where Courier's programs lie", ".": "the environment of Courier's scripts",
    "ULIMIT": "the memory of a process of Courier's; ours has no process for each client, and a session's memory is bounded by [limits]",
    "MAILUSER": "who runs the service is said to the service manager", "MAILGROUP": "who runs the service is said to the service manager",
    "PIDFILE": "the service manager knows the process", "SSLPIDFILE": "the service manager knows the process",
    "ESMTPDSTART": "read by Courier's init scripts; ours listens where courier.conf says", "ESMTPDSSLSTART": "read by Courier's init scripts; ours listens where courier.conf says",
    "PORT": "[smtp] listen and [submission] listen of courier.conf: both servers must not take one port", "ADDRESS": "as PORT", "SSLPORT": "as PORT", "SSLADDRESS": "as PORT",
    "TLS_DHPARAMS": "for an exchange of keys that ours does not offer: keys are agreed upon by elliptic curves",
    "ESMTPAUTH_WEBADMIN": "what the forms of webadmin offer", "ESMTPAUTH_TLS_WEBADMIN": "what the forms of webadmin offer",
    "courierd ESMTP_CORK": "how bytes are put into packets", "courierd UUXFLAGS": "there is no UUCP module", "courierd SHELL": "as PATH",
    "courierd DYNAMICDELIVERIES": "of .courier files, which belong to local delivery", "courierd MAILDROPDEFAULT": "of maildrop, which belongs to local delivery",
    "NAME": "how Courier finds the program of a module", "PRIORITY": "how Courier finds the program of a module", "PROG": "how Courier finds the program of a module",
    "module.local MAXDELS": "of programs that deliver; here a delivery is the writing of a file, bounded by [queue] local_attempts, which is set from it",
    "module.local MAXHOST": "of programs that deliver; there is one host of accounts",
    "module.fax": "there is no fax module", "module.uucp": "there is no UUCP module", "aliases/system": "of local delivery", "authdaemonrc": "of accounts", "enablefiltering": "of mail filters",
    "dhparams.pem": "as TLS_DHPARAMS", "esmtpd.pem": "the file that TLS_CERTFILE names: the probe names one of its own", "esmtpd.cnf": "for mkesmtpdcert: ours makes a certificate without being asked",
}
WORD = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=|\s*(\.)\s")


def settings(etc):
    """(file, setting): of a file of the shell each name that is assigned to, of the others the file itself."""
    for path in sorted(path for path in etc.rglob("*") if path.is_file()):
        file = str(path.relative_to(etc))
        text = path.read_text(errors="replace")
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        named = dict.fromkeys(match[1] or match[2] for match in map(WORD.match, lines) if match)
        if len(named) > 0 and len(named) > len(lines) / 2 and file not in REASONS:
            yield from ((file, name) for name in named)
        else:
            yield file, ""


def covered(file, setting, probes):
    if setting:
        return [probe.name for probe in probes if probe.file == file and re.search(rf"\b{setting}=", probe.setting)]
    base = file.split("/")[0].removesuffix(".dir")
    return [probe.name for probe in probes if probe.file == base or file in probe.files or base in re.split(r"[, ]+", probe.setting)]


def uncovered(etc, probes):
    """Prints what has no probe, with the reason; the number of those that have neither."""
    counts = {"probed": 0, "reason": 0, "neither": 0}
    for file, setting in settings(etc):
        reason = REASONS.get(f"{file} {setting}".strip()) or REASONS.get(setting)
        if covered(file, setting, probes):
            counts["probed"] += 1
        elif reason:
            counts["reason"] += 1
            print(f"| {file} | {setting or '-'} | | | no probe: {reason} |")
        else:
            counts["neither"] += 1
            print(f"| {file} | {setting or '-'} | | | UNCOVERED |")
    print(f"settings that stand in the files as they are installed: {counts['probed']} probed, {counts['reason']} not, with a reason, {counts['neither']} with neither")
    return counts["neither"]
