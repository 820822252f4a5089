# Exim for mta.sh.
do_install() { jail_install exim4-daemon-light; }
do_configure() {
  local e=$B/jail/etc/exim4
  certificate "$e/tls"; jail chown -R Debian-exim /etc/exim4/tls
  mkdir -p "$B/spool"; jail chown Debian-exim:Debian-exim "$B/spool"
  find "$B/spool" -type f -delete
  cat > "$e/exim4.conf" <<C
primary_hostname = mail.$DOMAIN
spool_directory = $B/spool
log_file_path = syslog
syslog_timestamp = no
syslog_duplication = no
local_interfaces = $ADDRESS
daemon_smtp_ports = $PORT
domainlist local_domains = $DOMAIN
hostlist relay_from_hosts = 127.0.0.2
acl_smtp_rcpt = check_rcpt
never_users = root
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = /etc/exim4/tls/server.pem
tls_privatekey = /etc/exim4/tls/server.key
auth_advertise_hosts = \${if eq{\$tls_in_cipher}{}{}{*}}
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
chunking_advertise_hosts = *
disable_ipv6 = true
dns_ipv4_lookup = *
message_size_limit = 60M
log_selector = +smtp_confirmation +tls_cipher +received_recipients +smtp_protocol_error
begin acl
check_rcpt:
  accept hosts = +relay_from_hosts
         control = submission/sender_retain
  accept domains = +local_domains
         endpass
         verify = recipient
  accept authenticated = *
  deny message = relay not permitted
begin routers
ours:
  driver = manualroute
  domains = example.test
  transport = over_tls
  route_list = * 127.0.0.1::$OURS
  self = send
login:
  driver = manualroute
  domains = login.test
  transport = with_login
  route_list = * 127.0.0.1::$SUBMISSION
  self = send
far:
  driver = manualroute
  domains = far.test
  transport = plain
  route_list = * 127.0.0.1::$FAR
  self = send
users:
  driver = accept
  domains = +local_domains
  local_parts = demo : jürgen
  transport = mailbox
begin transports
over_tls:
  driver = smtp
  hosts_require_tls = *
  tls_verify_hosts =
  tls_try_verify_hosts =
  allow_localhost
with_login:
  driver = smtp
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_hosts =
  tls_try_verify_hosts =
  allow_localhost
plain:
  driver = smtp
  hosts_avoid_tls = *
  hosts_try_chunking =
  allow_localhost
mailbox:
  driver = appendfile
  maildir_format
  directory = $B/maildirs/\${if eq{\$local_part}{demo}{demo}{other}}/Maildir
  create_directory
  return_path_add
  user = vmail
  group = vmail
begin retry
* * F,2h,1m
begin rewrite
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = \${if and{{eq{\$auth2}{relay@$DOMAIN}}{eq{\$auth3}{secret}}}}
  server_set_id = \$auth2
  client_send = ^$LOGIN^$PASSWORD
C
}
do_start() { jail exim4 -bd -q1s -oP /run/exim4.pid >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }; }
do_stop() { :; }
