"""The queue: its schedule, its modules, and whose trouble is kept from whom."""
from .probe import SOON, Probe
from .receiving_seen import again_refused, archived, bounces_to
from .sending_seen import at_once, backscatter, first_attempt, reaches, returned, returns, schedule, transactions, warned

PROBES = [
    Probe("queuetime", "4s", {**SOON, "queuetime": "4s\n"}, returned, seconds=12),
    Probe("warntime", "2s", {**SOON, "warntime": "2s\n"}, warned),
    Probe("warntime", "0", {**SOON, "warntime": "0\n"}, warned, seconds=10),
    Probe("retryalpha", "2s, retrybeta 2, retrygamma 6s, retrymaxdelta 0", {"retryalpha": "2\n", "retrybeta": "2\n", "retrygamma": "6\n", "retrymaxdelta": "0\n"}, schedule, seconds=30),
    Probe("submitdelay", "3s", {"submitdelay": "3\n"}, first_attempt),
    Probe("batchsize", "2", {"batchsize": "2\n"}, transactions),
    Probe("backuprelay", "", {**SOON, "warntime": "1s\n", "backuprelay": "[127.0.0.66]\n", "esmtproutes": "far.test:[127.0.0.1],1\n"}, reaches("r@far.test", seconds=20), sink={"address": "127.0.0.66", "port": 25}),
    Probe("module.esmtp", "MAXRCPT=2", {"module.esmtp": "MAXRCPT=2\n"}, transactions),
    Probe("module.esmtp", "MAXHOST=1", {"module.esmtp": "MAXHOST=1\n"}, at_once("far.test"), seconds=8),
    Probe("module.esmtp", "MAXDELS=1", {"module.esmtp": "MAXDELS=1\n"}, at_once("far.test", "other.test"), seconds=12),
    Probe("module.dsn", "MAXDELS=1", {"module.dsn": "MAXDELS=1\n"}, returns("gone@far.test")),
    Probe("courierd", "ARCHIVEDIR=", {"courierd": "ARCHIVEDIR=$ARCHIVE\n"}, archived),
    Probe("courierd", "ESMTP_BLOCKBACKSCATTER=smtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn\n"}, bounces_to("client@other.test"), seconds=10),
    Probe("courierd", "ESMTP_BLOCKBACKSCATTER=smtp/dsn, mail that goes on", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn\n"}, backscatter, seconds=10),
    Probe("courierd", "ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn", {"courierd": "ESMTP_BLOCKBACKSCATTER=smtp/dsn,authsmtp/dsn\n"}, bounces_to("client@other.test"), seconds=10),
    Probe("courierd", "ESMTP_BLOCKBACKSCATTER=", {"courierd": "ESMTP_BLOCKBACKSCATTER=\n"}, bounces_to("client@other.test")),
    Probe("bofh", "opt BOFHSUPPRESSBACKSCATTER=smtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp\n"}, again_refused),
    Probe("bofh", "opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp", {"bofh": "opt BOFHSUPPRESSBACKSCATTER=smtp,authsmtp\n"}, again_refused),
]
