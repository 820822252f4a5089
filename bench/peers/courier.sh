#!/bin/bash
# Courier: SMTP 2325 (esmtpd + courierd, local delivery to maildirs), IMAP 2343, POP3 2310; authuserdb
PEER=courier$VARIANT; . "$(cd "$(dirname "$0")" && pwd)/../lib/common.sh"
SMTP=${SMTP:-2325} IMAP=${IMAP:-2343} POP3=${POP3:-2310}
B=$PEERS/$PEER
setopt() { # file NAME VALUE
  local f=$B/jail/etc/courier/$1; grep -q "^$2=" "$f" && sed -i "s|^$2=.*|$2=$3|" "$f" || echo "$2=$3" >> "$f"
}
do_setup() {
  jail_install courier-mta courier-imap courier-pop courier-authlib-userdb || return 1
  local c=$B/jail/etc/courier h u; h=$(pwhash)
  # the spool on the plain disk instead of the overlay
  [ -d "$B/spool/msgs" ] || cp -a "$B/jail/var/lib/courier/." "$B/spool/"
  mkdir -p "$B/jail/run/courier/authdaemon"; jail chown -R courier:courier /run/courier
  # users: the alias account per mailbox is user@domain; -u0001 for plain logins
  : > "$c/userdb"
  for u in $(users); do
    printf '%s\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$u" "$B/maildirs/$u" "$B/maildirs/$u/Maildir" "$h" $VUID $VGID
    printf '%s@%s\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$u" "$DOMAIN" "$B/maildirs/$u" "$B/maildirs/$u/Maildir" "$h" $VUID $VGID
  done > "$c/userdb"; chmod 600 "$c/userdb"
  # makeuserdb leaves userdb.dat and userdbshadow.dat beside it
  jail makeuserdb -f /etc/courier/userdb || { say makeuserdb failed; return 1; }
  setopt authdaemonrc authmodulelist '"authuserdb"'
  setopt authdaemonrc daemons 5
  echo "$DOMAIN" > "$c/hosteddomains/bench"; echo "$DOMAIN" > "$c/esmtpacceptmailfor.dir/bench"
  echo "$RELAYDOMAIN" >> "$c/esmtpacceptmailfor.dir/bench"
  echo "mail.$DOMAIN" > "$c/me"; echo "mail.$DOMAIN" > "$c/defaultdomain"; echo "localhost" > "$c/locals"
  jail makehosteddomains; jail makeacceptmailfor
  echo "$RELAYDOMAIN: [127.0.0.1],$SINKPORT" > "$c/esmtproutes"
  printf '127.0.0\tallow,RELAYCLIENT\n' > "$c/smtpaccess/default"; jail makesmtpaccess
  rm -f "$c/imapaccess.dat"
  echo 'mail: postmaster' > /dev/null
  jail makealiases >/dev/null 2>&1 || true
  # esmtpd: more connections than the default 40/5/5, no DNS checks, no tarpit
  setopt esmtpd PORT "127.0.0.1.$SMTP"; setopt esmtpd MAXDAEMONS 400; setopt esmtpd MAXPERC 400; setopt esmtpd MAXPERIP 400
  setopt esmtpd BOFHCHECKDNS 0; setopt esmtpd TARPIT 0; setopt esmtpd ESMTPDSTART YES
  setopt esmtpd TCPDOPTS '"-stderrlogger=/usr/sbin/courierlogger -noidentlookup -nodnslookup"'
  setopt esmtpd ULIMIT 262144
  setopt courierd ESMTP_USE_STARTTLS 0; setopt courierd DEFAULTDELIVERY ./Maildir
  # module limits: Debian's default is 10 local and 10 esmtp workers; raised to what helps throughput
  setmod local "${COURIER_LOCAL:-10}"; setmod esmtp "${COURIER_ESMTP:-40}"
  echo 600 > "$c/queuetime" ; echo ${COURIER_MAXRCPTS:-100} > "$c/maxrcpts"; rm -f "$c/queuetime"
  echo 4194304 > "$c/queuehi"; rm -f "$c/queuehi"
  setopt imapd PORT $IMAP; setopt imapd ADDRESS 127.0.0.1; setopt imapd MAXDAEMONS 5000; setopt imapd MAXPERIP 5000; setopt imapd IMAPDSTART YES
  setopt imapd IMAP_ENHANCEDIDLE "${COURIER_ENHANCEDIDLE:-0}"; setopt imapd IMAP_ULIMITD 1048576
  setopt imapd IMAP_ACL 0
  setopt imapd IMAP_CAPABILITY '"IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"'
  setopt pop3d PORT $POP3; setopt pop3d ADDRESS 127.0.0.1; setopt pop3d MAXDAEMONS 400; setopt pop3d MAXPERIP 400; setopt pop3d POP3DSTART YES
  make_maildirs "$B/maildirs"
}
setmod() { local f=$B/jail/etc/courier/module.$1; sed -i "s/^MAXDELS=.*/MAXDELS=$2/;s/^MAXHOST=.*/MAXHOST=$2/;s/^MAXRCPT=.*/MAXRCPT=100/" "$f"; }
do_start() {
  mountpoint -q "$B/jail/var/lib/courier" || mount --bind "$B/spool" "$B/jail/var/lib/courier"
  mkdir -p "$B/jail/run/courier/authdaemon"; jail chown -R courier:courier /run/courier
  syslog_start; dns_start
  ulimit -n 20000
  jail authdaemond start >"$B/log/start" 2>&1
  for i in $(seq 1 100); do [ -S "$B/jail/run/courier/authdaemon/socket" ] && break; sleep 0.005; done
  jail courierfilter start >>"$B/log/start" 2>&1
  jail courier start >>"$B/log/start" 2>&1
  jail esmtpd start >>"$B/log/start" 2>&1
  jail imapd start >>"$B/log/start" 2>&1
  jail pop3d start >>"$B/log/start" 2>&1
  wait_port $SMTP && wait_port $IMAP && wait_port $POP3
}
do_stop() { local d; for d in pop3d imapd esmtpd courier courierfilter authdaemond; do jail $d stop >/dev/null 2>&1 || true; done; }
do_clean() { find "$B/spool/msgs" "$B/spool/msgq" "$B/spool/tmp" "$B/spool/track" -type f ! -path "*/broken/*" -delete 2>/dev/null; return 0; }
do_queue() { find "$B/spool/msgs" -type f -name 'C*' 2>/dev/null | wc -l; }
do_info() { echo "smtp=$SMTP imap=$IMAP pop3=$POP3 maildirs=$B/maildirs"; }
peer_main "$@"
