#!/bin/bash
# Postfix: SMTP in on 2125 -> virtual(8) maildirs, relay of sink.test to the sink port
PEER=postfix; . "$(cd "$(dirname "$0")" && pwd)/../lib/common.sh"
SMTP=2125
B=$PEERS/$PEER
do_setup() {
  jail_install postfix postfix-pcre || return 1
  local e=$B/jail/etc/postfix
  mkdir -p "$B/spool" "$B/data"; jail chown postfix:root "$B/data"
  cat > "$e/main.cf" <<C
compatibility_level = 3.6
queue_directory = $B/spool
data_directory = $B/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.$DOMAIN
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = $DOMAIN
virtual_mailbox_maps = hash:/etc/postfix/vmailbox
virtual_mailbox_base = $B/maildirs
virtual_minimum_uid = 100
virtual_uid_maps = static:$VUID
virtual_gid_maps = static:$VGID
virtual_mailbox_limit = 0
message_size_limit = 60000000
transport_maps = inline:{ $RELAYDOMAIN=smtp:[127.0.0.1]:$SINKPORT }
relay_domains = $RELAYDOMAIN
smtp_host_lookup = native
$(if [ -n "${TLS:-}" ]; then printf 'smtpd_tls_security_level = may\nsmtpd_tls_chain_files = %s\nsmtpd_tls_loglevel = 0' "$(tls_pem)"; else echo smtpd_tls_security_level = none; fi)
smtp_tls_security_level = none
smtpd_recipient_restrictions = permit_mynetworks, reject
smtputf8_enable = no
biff = no
smtpd_peername_lookup = no
# throughput settings: defaults are 1s of input delay under load and 100 processes
in_flow_delay = 0
default_process_limit = ${POSTFIX_PROCS:-100}
C
  seq -f 'u%04.0f' 1 $NUSERS | while read u; do echo "$u@$DOMAIN $u/Maildir/"; done > "$e/vmailbox"
  sed -e "s/^smtp  *inet.*smtpd/127.0.0.1:$SMTP inet n - n - - smtpd/" \
      -e 's/^\([a-z]\S*\s\+\(unix\|fifo\)\s\+\S\+\s\+\S\+\s\+\)y/\1n/' "$B/jail/usr/share/postfix/master.cf.dist" > "$e/master.cf"
  jail postmap hash:/etc/postfix/vmailbox
  make_maildirs "$B/maildirs"
}
do_start() {
  syslog_start; dns_start
  jail postfix start >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }
  wait_port $SMTP
}
do_stop() { jail postfix stop >/dev/null 2>&1 || true; }
do_clean() { jail postsuper -d ALL >/dev/null 2>&1; return 0; }
do_queue() { find "$B"/spool/{maildrop,incoming,active,deferred,hold} -type f 2>/dev/null | wc -l; }
do_info() { echo "smtp=$SMTP maildirs=$B/maildirs"; }
peer_main "$@"
