#!/bin/bash
# mta.sh SERVER [install]    Debian's postfix, exim, courier or opensmtpd in a jail, for as long as standard input stays open.
# With "install" it only makes the jail, for a start later where there is no network.
# Prints "ready" when it listens and "log FILE" before; nothing is installed on the host. What it does is the same for all of them:
#   demo@SERVER.test (and jürgen@ where SMTPUTF8 is known) has a Maildir below $COURIER_JAILS/SERVER-tests/maildirs
#   127.0.0.2 may relay, and who logs in over TLS as relay@SERVER.test, password "secret"; nobody else
#   example.test goes to 127.0.0.1:$OURS, over TLS; login.test to 127.0.0.1:$SUBMISSION over TLS with $LOGIN and $PASSWORD;
#   far.test to 127.0.0.1:$FAR as it is
# Environment: PORT (its own), OURS, SUBMISSION, LOGIN, PASSWORD, FAR; PLAINPORT (postfix: without 8BITMIME, SMTPUTF8, DSN, CHUNKING,
# STARTTLS; for old.test as well); ADDRESS (127.0.0.1); MAILDOMAIN (SERVER.test); RELAYING (courier: 127.0.0.1 may relay, too; retries at once).
cd "$(dirname "$0")/../.." || exit 1
SERVER=$1; [ -f "tests/jails/$SERVER.sh" ] || { sed -n 2,10p "$0" >&2; exit 64; }
export PEERS=${COURIER_JAILS:-/tmp/courier-jails} NUSERS=1
PEER=$SERVER-tests; DOMAIN=${MAILDOMAIN:-$SERVER.test} ADDRESS=${ADDRESS:-127.0.0.1}
mkdir -p "$PEERS"; chmod 755 "$PEERS"
. bench/lib/common.sh
DOMAIN=${MAILDOMAIN:-$SERVER.test} B=$PEERS/$PEER LOG=$PEERS/$PEER/log/mail
. "tests/jails/$SERVER.sh"
syslog() { rm -f "$B/jail/dev/log"; python3 tests/jails/syslog.py "$B/jail/dev/log" "$LOG" 8>&- & HELPERS+=($!); wait_file "$B/jail/dev/log"; }
# Names: /etc/hosts and what $NAMES has, a record on a line. A resolver that answers at once keeps the servers from waiting for one that is not there.
names() {
  local a=127.0.0.53 records; mapfile -t records < <(printf %s "$NAMES"); [ -z "$NAMES" ] || a=127.0.0.54
  echo "nameserver $a" > "$B/jail/etc/resolv.conf"; python3 tests/jails/names.py "$a" "${records[@]}" 8>&- & HELPERS+=($!)
}
wait_file() { local i; for i in $(seq 1 500); do [ -e "$1" ] && return 0; sleep 0.01; done; say "no $1"; return 1; }
listens() { # port: as wait_port, at our address
  local i; for i in $(seq 1 2000); do (exec 3<>"/dev/tcp/$ADDRESS/$1") 2>/dev/null && return 0; sleep 0.01; done; say "nothing listens on $1"; return 1; }
certificate() { # DIR [KEY]: server.pem and server.key, made once, kept in $B/tls
  [ -s "$B/tls/server.pem" ] || { mkdir -p "$B/tls"; openssl req -x509 -newkey ${2:-ec -pkeyopt ec_paramgen_curve:prime256v1} -nodes -days 3650 -subj "/CN=mail.$DOMAIN" \
    -addext "subjectAltName=DNS:mail.$DOMAIN" -keyout "$B/tls/server.key" -out "$B/tls/server.pem" 2>/dev/null; }
  mkdir -p "$1"; cp "$B/tls"/server.{pem,key} "$1/"
}
end() { trap - EXIT TERM INT; do_stop; jail_kill; kill "${HELPERS[@]}" 2>/dev/null; jail_umount; }

HELPERS=()
exec 8> "$PEERS/$PEER.lock"; flock -w 300 8 || exit 75
trap end EXIT; trap 'exit 1' TERM INT
jail_kill
jail_init && do_install || exit 1
[ "$2" = install ] && exit 0
printf 'mail.%s\n' "$DOMAIN" | tee "$B/jail/etc/mailname" > "$B/jail/etc/hostname"
printf '127.0.0.1 localhost\n%s mail.%s\n' "$ADDRESS" "$DOMAIN" > "$B/jail/etc/hosts"
for d in "$B"/maildirs/*/; do [ -d "$d/Maildir" ] && rm -rf "$d"; done
mkdir -p "$B/maildirs/demo/Maildir"/{tmp,new,cur}; chown -R $VUID:$VGID "$B/maildirs"; chmod 755 "$B/maildirs"
rm -f "$LOG"; : > "$LOG"; chmod 644 "$LOG"; echo "log $LOG"
do_configure && syslog && names && do_start 8>&- || { tail -20 "$LOG" >&2; exit 1; }
listens "$PORT" || { tail -20 "$LOG" >&2; exit 1; }
echo ready
cat >/dev/null
