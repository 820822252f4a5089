#!/bin/bash
# local.sh PROGRAM CONFIG COMMAND...    runs a command in a jail where our program is /usr/sbin/sendmail, with CONFIG as its configuration, beside
# Debian's cron, bsd-mailx and mutt as they come. PROGRAM: the directory with our program. The jail sees /tmp.
# COMMAND "cron LINE": cron itself, with the line as its only table (/etc/cron.d/tests), until standard input is closed.
cd "$(dirname "$0")/../.." || exit 1
export PEERS=${COURIER_JAILS:-/tmp/courier-jails}
PEER=local-tests
mkdir -p "$PEERS"; chmod 755 "$PEERS"
. bench/lib/common.sh
B=$PEERS/$PEER j=$PEERS/$PEER/jail
PROGRAM=$1 CONFIG=$2; shift 2
exec 8> "$PEERS/$PEER.lock"; flock -w 300 8 || exit 75
end() { trap - EXIT TERM INT; jail_kill; jail_umount; }
trap end EXIT; trap 'exit 1' TERM INT
jail_init && jail_install cron bsd-mailx mutt || exit 1
rm -rf "$j/usr/lib/courier-tests"; cp -r "$PROGRAM" "$j/usr/lib/courier-tests"
ln -sf ../lib/courier-tests/courier "$j/usr/sbin/sendmail"
mkdir -p "$j/etc/courier"; cp "$CONFIG" "$j/etc/courier/courier.conf"; chmod 644 "$j/etc/courier/courier.conf"
if [ "$1" = cron ]; then
  rm -f "$j"/etc/cron.d/* "$j/run/crond.reboot"; mkdir -p "$j/var/spool/cron/crontabs"
  echo "$2" > "$j/etc/cron.d/tests"; chmod 644 "$j/etc/cron.d/tests"
  jail cron -f 8>&- & CRON=$!
  cat >/dev/null
  kill "$CRON"
else
  jail "$@" 8>&-
fi
