#!/bin/bash
# OpenSMTPD: SMTP 2725, maildir delivery, relay of sink.test
PEER=opensmtpd; . "$(cd "$(dirname "$0")" && pwd)/../lib/common.sh"
SMTP=2725
B=$PEERS/$PEER
do_setup() {
  jail_install opensmtpd || return 1
  local e=$B/jail/etc
  [ -d "$B/spool/queue" ] || cp -a "$B/jail/var/spool/smtpd/." "$B/spool/" 2>/dev/null
  users | while read u; do echo "$u $VUID:$VGID:$B/maildirs/$u"; done > "$e/bench-userinfo"
  echo "mail.$DOMAIN" > "$e/mailname"
  cat > "$e/smtpd.conf" <<C
table userinfo file:/etc/bench-userinfo
smtp max-message-size "60M"
queue ttl 1d
listen on 127.0.0.1 port $SMTP hostname mail.$DOMAIN
listen on socket
action "md" maildir "$B/maildirs/%{dest.user}/Maildir" userbase <userinfo>
action "out" relay host "smtp://127.0.0.1:$SINKPORT"
match from any for domain "$DOMAIN" action "md"
match from any for domain "$RELAYDOMAIN" action "out"
C
  make_maildirs "$B/maildirs"
}
do_start() {
  mkdir -p "$B/jail/var/spool/smtpd" "$B/jail/run/sshd"
  mountpoint -q "$B/jail/var/spool/smtpd" || mount --bind "$B/spool" "$B/jail/var/spool/smtpd"
  chmod 711 "$B/spool"; syslog_start; dns_start
  jail smtpd >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }
  wait_port $SMTP
}
do_stop() { :; }
do_clean() { find "$B/spool/queue" "$B/spool/incoming" "$B/spool/temporary" -type f -delete 2>/dev/null; return 0; }
do_queue() { find "$B/spool/queue" -type f -name message 2>/dev/null | wc -l; }
do_info() { echo "smtp=$SMTP maildirs=$B/maildirs"; }
peer_main "$@"
