#!/bin/bash
# courier-imap.sh start MAILDIR PORT | stop : Debian's Courier-IMAP in a jail, serving one Maildir as user "shared", password "shared", over
# IMAP on 127.0.0.1:PORT and POP3 on PORT+1. Nothing is installed on the host. The Maildir must lie below /tmp, which the jail sees; its
# files are given to uid 5000, because Courier serves no mailbox of root.
set -e
cd "$(dirname "$0")/../.."
export PEERS=${COURIER_JAILS:-/tmp/courier-jails} NUSERS=1
PEER=courier-imap-tests; . bench/lib/common.sh
mkdir -p "$PEERS"; chmod 755 "$PEERS"
exec 8> "$PEERS/courier-imap-tests.lock"; flock -w 300 8
B=$PEERS/$PEER
setting() { # file NAME VALUE
  local f=$B/jail/etc/courier/$1; grep -q "^$2=" "$f" && sed -i "s|^$2=.*|$2=$3|" "$f" || echo "$2=$3" >> "$f"
}
do_setup() {
  jail_install courier-imap courier-pop courier-authlib-userdb || return 1
  mkdir -p "$B/jail/run/courier/authdaemon" "$B/home"; jail chown -R courier:courier /run/courier
  printf 'shared\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$B/home" "$maildir" "$(openssl passwd -1 shared)" $VUID $VGID > "$B/jail/etc/courier/userdb"
  chmod 600 "$B/jail/etc/courier/userdb"; jail makeuserdb -f /etc/courier/userdb
  setting authdaemonrc authmodulelist '"authuserdb"'; setting authdaemonrc daemons 1
  local d; for d in imapd pop3d; do setting $d ADDRESS 127.0.0.1; setting $d MAXPERIP 100; done
  setting imapd PORT "$port"; setting imapd IMAPDSTART YES; setting pop3d PORT $((port + 1)); setting pop3d POP3DSTART YES
}
do_start() {
  local d; for d in authdaemond imapd pop3d; do jail $d start >> "$B/log/start" 2>&1; done
  wait_port "$port" && wait_port $((port + 1))
}
do_stop() { local d; for d in pop3d imapd authdaemond; do jail $d stop >/dev/null 2>&1 || true; done; }
case ${1:-} in
  start)
    maildir=$2 port=$3
    peer_main stop >/dev/null 2>&1 || true
    peer_main setup
    chown -R $VUID:$VGID "$maildir" "$B/home"; d=$(dirname "$maildir"); while [ "$d" != / ] && [ "$d" != /tmp ]; do chmod a+x "$d"; d=$(dirname "$d"); done
    peer_main start ;;
  stop) peer_main stop ;;
  *) sed -n 2,4p "$0" >&2; exit 64 ;;
esac
