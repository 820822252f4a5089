#!/bin/bash
# Exim 4: SMTP 2225, appendfile maildir delivery, relay of sink.test
PEER=exim; . "$(cd "$(dirname "$0")" && pwd)/../lib/common.sh"
SMTP=2225
B=$PEERS/$PEER
do_setup() {
  jail_install exim4-daemon-light || return 1
  mkdir -p "$B/spool" "$B/elog"; jail chown -R Debian-exim:Debian-exim "$B/spool" "$B/elog"; chmod 755 "$B/log"
  : > "$B/jail/etc/exim4/bench-users"; users | while read u; do echo "$u: $B/maildirs/$u/Maildir"; done > "$B/jail/etc/exim4/bench-users"
  cat > "$B/jail/etc/exim4/exim4.conf" <<C
primary_hostname = mail.$DOMAIN
spool_directory = $B/spool
log_file_path = $B/elog/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = $SMTP
domainlist local_domains = $DOMAIN
domainlist relay_to_domains = $RELAYDOMAIN
hostlist relay_from_hosts = 127.0.0.0/8
acl_smtp_rcpt = acl_check_rcpt
acl_smtp_data = acl_check_data
never_users = root
host_lookup =
rfc1413_query_timeout = 0s
$(if [ -n "${TLS:-}" ]; then printf 'tls_advertise_hosts = *\ntls_certificate = %s\ntls_privatekey = %s' "$(tls_pem)" "$(tls_pem)"; else echo "tls_advertise_hosts ="; fi)
disable_ipv6 = true
dns_ipv4_lookup = *
message_size_limit = 60M
timeout_frozen_after = 7d
# throughput: the defaults are 20 connections, immediate delivery of the first 10 mails per connection
smtp_accept_max = 400
smtp_accept_max_per_host = 400
smtp_accept_queue_per_connection = 0
smtp_connect_backlog = 256
pipelining_advertise_hosts = *
smtp_enforce_sync = false
queue_run_max = 5
split_spool_directory = ${EXIM_SPLIT:-false}
log_selector = -queue_run -retry_defer
begin acl
acl_check_rcpt:
  accept hosts = +relay_from_hosts
         control = submission/sender_retain
  deny
acl_check_data:
  accept
begin routers
to_sink:
  driver = manualroute
  domains = +relay_to_domains
  transport = remote_smtp
  route_list = * 127.0.0.1
  self = send
  no_more
users:
  driver = accept
  domains = +local_domains
  local_parts = lsearch;/etc/exim4/bench-users
  transport = maildir_delivery
begin transports
remote_smtp:
  driver = smtp
  port = $SINKPORT
  hosts_try_fastopen =
  hosts_avoid_tls = *
  allow_localhost
maildir_delivery:
  driver = appendfile
  maildir_format
  directory = $B/maildirs/\${lookup{\$local_part}lsearch{/etc/exim4/bench-users}{\$local_part}fail}/Maildir
  delivery_date_add
  envelope_to_add
  return_path_add
  user = vmail
  group = vmail
  mode = 0600
begin retry
* * F,2h,1m
begin rewrite
begin authenticators
C
  sed -i 's|{\$local_part}fail}|{$value}fail}|; s|directory = .*maildirs/\${lookup|directory = ${lookup|; s|fail}/Maildir|fail}|' "$B/jail/etc/exim4/exim4.conf"
  make_maildirs "$B/maildirs"
}
do_start() {
  dns_start
  jail exim4 -bd -q30m -oP "$B/exim.pid" >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }
  wait_port $SMTP
}
do_stop() { :; }
do_clean() { find "$B/spool/input" "$B/spool/msglog" -type f -delete 2>/dev/null; return 0; }
do_queue() { find "$B/spool/input" -type f -name '*-H' 2>/dev/null | wc -l; }
do_info() { echo "smtp=$SMTP maildirs=$B/maildirs"; }
peer_main "$@"
