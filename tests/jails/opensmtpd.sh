# OpenSMTPD for mta.sh. Debian 12's, built with OpenSSL 3, fails every handshake as a server ("EVP lib"): it keeps the key in another process and
# marks the public key of the certificate for that, which OpenSSL 3 then copies without the mark. It does not copy where an engine serves the
# public key methods; that of PKCS#11 does, and leaves keys that are not its own to the usual code.
do_install() { jail_install opensmtpd libengine-pkcs11-openssl; }
do_configure() {
  local e=$B/jail/etc engine; engine=$(cd "$B/jail" && ls usr/lib/*/engines-3/pkcs11.so) || return 1
  find "$B/jail/var/spool/smtpd/queue" "$B/jail/var/spool/smtpd/incoming" -type f -delete 2>/dev/null
  certificate "$e/smtpd-tls"; chmod 600 "$e/smtpd-tls"/*
  printf '%s\n' 'openssl_conf = all' '[all]' 'engines = engines' '[engines]' 'pkcs11 = pkcs11' '[pkcs11]' "dynamic_path = /$engine" 'default_algorithms = PKEY' 'init = 1' > "$e/ssl/openssl.cnf"
  echo "demo $VUID:$VGID:$B/maildirs/demo" > "$e/smtpd-users"
  echo "ours $LOGIN:$PASSWORD" > "$e/smtpd-secrets"
  echo "relay@$DOMAIN $(openssl passwd -6 secret)" > "$e/smtpd-logins"
  chmod 640 "$e/smtpd-secrets" "$e/smtpd-logins"; jail chown root:opensmtpd /etc/smtpd-secrets /etc/smtpd-logins
  cat > "$e/smtpd.conf" <<C
table users file:/etc/smtpd-users
table secrets file:/etc/smtpd-secrets
table logins file:/etc/smtpd-logins
pki mail.$DOMAIN cert "/etc/smtpd-tls/server.pem"
pki mail.$DOMAIN key "/etc/smtpd-tls/server.key"
listen on $ADDRESS port $PORT tls pki mail.$DOMAIN auth-optional <logins> hostname mail.$DOMAIN
action "mailbox" maildir "$B/maildirs/%{dest.user}/Maildir" userbase <users>
action "ours" relay host "smtp+tls://127.0.0.1:$OURS" tls no-verify
action "login" relay host "smtp+tls://ours@127.0.0.1:$SUBMISSION" auth <secrets> tls no-verify
action "far" relay host "smtp+notls://127.0.0.1:$FAR"
match from any for domain "$DOMAIN" action "mailbox"
match from local for domain "example.test" action "ours"
match from src 127.0.0.2 for domain "example.test" action "ours"
match from src 127.0.0.2 for domain "login.test" action "login"
match from src 127.0.0.2 for domain "far.test" action "far"
match auth from any for domain "far.test" action "far"
C
}
do_start() { jail smtpd >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }; }
do_stop() { :; }
