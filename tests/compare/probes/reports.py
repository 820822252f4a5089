"""Reports on what became of mail."""
from .probe import SOON, Probe
from .sending_seen import TEMPLATES, report_after_login, report_from, returned_body, returned_in, success_reported, words_of_reports

SUBJECTS = {"dsnsubjectnotice.txt": "The subject of a notice\n", "dsnsubjectwarn.txt": "The subject of a warning\n"}
PROBES = [
    Probe("dsn*.txt", ", ".join(TEMPLATES), {**SOON, **TEMPLATES, "warntime": "1s\n"}, words_of_reports),
    Probe("dsn*.txt", ", ".join(SUBJECTS), {**SOON, **SUBJECTS, "warntime": "1s\n"}, words_of_reports),
    Probe("dsnfrom", "as it comes", {}, report_from),
    Probe("dsnfrom", "", {"dsnfrom": "\"The Server\" <postmaster@example.test>\n"}, report_from),
    Probe("courierd", "DSNTOAUTHADDR=0", {"courierd": "DSNTOAUTHADDR=0\n"}, report_after_login),
    Probe("courierd", "DSNTOAUTHADDR=1", {"courierd": "DSNTOAUTHADDR=1\n"}, report_after_login),
    Probe("dsnlimit", "2000", {"dsnlimit": "2000\n"}, returned_body),
    Probe("smtpaccess", "DSNNOTIFY=N", {"smtpaccess/default": "127.0.0.2\tallow,RELAYCLIENT,DSNNOTIFY=N\n"}, returned_in(6)),
    Probe("smtpaccess", "DSNNOTIFY=S", {"smtpaccess/default": "127.0.0.2\tallow,RELAYCLIENT,DSNNOTIFY=S\n"}, success_reported),
]
