# OpenSMTPD for mta.sh. It takes mail without TLS: Debian 12's, built with OpenSSL 3, fails every handshake as a server ("EVP lib"), with RSA
# and ECDSA keys alike. As a client it speaks TLS. Who logs in needs TLS, so nobody does.
do_install() { jail_install opensmtpd; }
do_configure() {
  local e=$B/jail/etc
  find "$B/jail/var/spool/smtpd/queue" "$B/jail/var/spool/smtpd/incoming" -type f -delete 2>/dev/null
  echo "demo $VUID:$VGID:$B/maildirs/demo" > "$e/smtpd-users"
  echo "ours $LOGIN:$PASSWORD" > "$e/smtpd-secrets"
  chmod 640 "$e/smtpd-secrets"; jail chown root:opensmtpd /etc/smtpd-secrets
  cat > "$e/smtpd.conf" <<C
table users file:/etc/smtpd-users
table secrets file:/etc/smtpd-secrets
listen on $ADDRESS port $PORT hostname mail.$DOMAIN
action "mailbox" maildir "$B/maildirs/%{dest.user}/Maildir" userbase <users>
action "ours" relay host "smtp+tls://127.0.0.1:$OURS" tls no-verify
action "login" relay host "smtp+tls://ours@127.0.0.1:$SUBMISSION" auth <secrets> tls no-verify
action "far" relay host "smtp+notls://127.0.0.1:$FAR"
match from any for domain "$DOMAIN" action "mailbox"
match from local for domain "example.test" action "ours"
match from src 127.0.0.2 for domain "example.test" action "ours"
match from src 127.0.0.2 for domain "login.test" action "login"
match from src 127.0.0.2 for domain "far.test" action "far"
C
}
do_start() { jail smtpd >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }; }
do_stop() { :; }
