# Postfix for mta.sh. A second port, $PLAINPORT, is that of a server of 1995: no STARTTLS, 8BITMIME, SMTPUTF8, DSN, CHUNKING.
do_install() { jail_install postfix libsasl2-modules sasl2-bin; }
do_configure() {
  local e=$B/jail/etc/postfix
  certificate "$e/tls"
  cat > "$e/main.cf" <<C
compatibility_level = 3.6
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.$DOMAIN
mydestination =
inet_interfaces = $ADDRESS
inet_protocols = ipv4
mynetworks = 127.0.0.2/32
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = $DOMAIN, old.test
virtual_mailbox_maps = texthash:/etc/postfix/mailboxes
virtual_mailbox_base = $B/maildirs
virtual_uid_maps = static:$VUID
virtual_gid_maps = static:$VGID
transport_maps = texthash:/etc/postfix/transport
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_sasl_auth_enable = yes
smtpd_sasl_local_domain = $DOMAIN
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_cert_file = /etc/postfix/tls/server.pem
smtpd_tls_key_file = /etc/postfix/tls/server.key
smtpd_tls_loglevel = 1
smtpd_tls_received_header = yes
smtpd_discard_ehlo_keyword_address_maps =
smtpd_peername_lookup = no
smtp_host_lookup = native
smtp_tls_security_level = may
smtp_tls_policy_maps = texthash:/etc/postfix/tls_policy
smtp_tls_loglevel = 1
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = texthash:/etc/postfix/passwords
smtp_sasl_security_options = noanonymous
smtputf8_enable = yes
biff = no
C
  printf 'demo@%s demo/Maildir/\njürgen@%s jürgen/Maildir/\ndemo@old.test demo/Maildir/\n' "$DOMAIN" "$DOMAIN" > "$e/mailboxes"
  printf '%s\n' "example.test smtp:[127.0.0.1]:$OURS" "login.test smtp:[127.0.0.1]:$SUBMISSION" "far.test smtp:[127.0.0.1]:$FAR" > "$e/transport"
  printf '%s\n' "[127.0.0.1]:$OURS encrypt" "[127.0.0.1]:$SUBMISSION encrypt" "[127.0.0.1]:$FAR none" > "$e/tls_policy"
  echo "[127.0.0.1]:$SUBMISSION $LOGIN:$PASSWORD" > "$e/passwords"
  mkdir -p "$e/sasl"; printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\n' > "$e/sasl/smtpd.conf"
  echo secret | jail saslpasswd2 -p -c -u "$DOMAIN" relay && jail chown postfix /etc/sasldb2
  sed -e "s/^smtp  *inet.*smtpd/$ADDRESS:$PORT inet n - n - - smtpd/" \
      -e 's/^\([a-z]\S*\s\+\(unix\|fifo\)\s\+\S\+\s\+\S\+\s\+\)y/\1n/' "$B/jail/usr/share/postfix/master.cf.dist" > "$e/master.cf"
  [ -z "$PLAINPORT" ] || cat >> "$e/master.cf" <<C
$ADDRESS:$PLAINPORT inet n - n - - smtpd
  -o smtpd_discard_ehlo_keywords=8bitmime,smtputf8,dsn,chunking,starttls,silent-discard
  -o smtpd_tls_security_level=none
  -o smtputf8_enable=no
C
  jail postsuper -d ALL >/dev/null 2>&1
  return 0
}
do_start() { jail postfix start >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }; }
do_stop() { jail postfix stop >/dev/null 2>&1; return 0; }
