#!/bin/bash
# dovecot.sh start MAILDIR PORT | stop : Debian's Dovecot in a jail, serving one Maildir as user "shared", password "shared", over
# IMAP on 127.0.0.1:PORT. Nothing is installed on the host. The Maildir must lie below /tmp, which the jail sees; its files are
# given to uid 5000, because Dovecot refuses to work as root.
set -e
cd "$(dirname "$0")/../.."
export PEERS=${COURIER_JAILS:-/tmp/courier-jails} VARIANT=-tests NUSERS=1
mkdir -p "$PEERS"; chmod 755 "$PEERS"
exec 8> "$PEERS/dovecot-tests.lock"; flock -w 300 8
case ${1:-} in
  start)
    maildir=$2 port=$3 peer=bench/peers/dovecot.sh
    export IMAP=$port POP3=$((port + 1)) LMTP=$((port + 2))
    $peer stop >/dev/null 2>&1 || true
    $peer setup
    echo "shared:{PLAIN}shared:5000:5000::$PEERS/dovecot-tests/home::userdb_mail=maildir:$maildir" >> "$PEERS/dovecot-tests/jail/etc/dovecot/users"
    mkdir -p "$PEERS/dovecot-tests/home"; chown 5000:5000 "$PEERS/dovecot-tests/home"
    chown -R 5000:5000 "$maildir"; d=$(dirname "$maildir"); while [ "$d" != / ] && [ "$d" != /tmp ]; do chmod a+x "$d"; d=$(dirname "$d"); done
    $peer start ;;
  stop) bench/peers/dovecot.sh stop ;;
  *) sed -n 2,4p "$0" >&2; exit 64 ;;
esac
