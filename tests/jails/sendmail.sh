# Sendmail for mta.sh: Debian's, whose local mailer is procmail, which delivers into a Maildir. It relays nothing.
do_install() { jail_install sendmail-bin sendmail-cf procmail; }
do_configure() {
  local e=$B/jail/etc
  grep -q '^demo:' "$e/passwd" || echo "demo:x:$VUID:$VGID::$B/maildirs/demo:/bin/sh" >> "$e/passwd"
  printf 'DEFAULT=$HOME/Maildir/\n' > "$e/procmailrc"
  cat > "$e/mail/tests.mc" <<C
include(\`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(\`debian')dnl
define(\`confDOMAIN_NAME', \`mail.$DOMAIN')dnl
define(\`confDONT_PROBE_INTERFACES', \`True')dnl
define(\`confTO_IDENT', \`0')dnl
define(\`confREFUSE_LA', \`1000')dnl
define(\`confQUEUE_LA', \`1000')dnl
DAEMON_OPTIONS(\`Port=$PORT, Addr=$ADDRESS, Family=inet, Name=MTA')dnl
FEATURE(\`no_default_msa')dnl
FEATURE(\`nouucp', \`reject')dnl
FEATURE(\`accept_unresolvable_domains')dnl
FEATURE(\`local_procmail')dnl
MAILER(\`local')dnl
MAILER(\`smtp')dnl
LOCAL_CONFIG
Cw$DOMAIN
C
  jail m4 /etc/mail/tests.mc > "$e/mail/sendmail.cf" 2>"$B/log/start" || { cat "$B/log/start" >&2; return 1; }
  # sendmail itself wants its queue to be of the user that it runs as, which is root here.
  chown root:root "$B/jail/var/spool/mqueue"; chmod 700 "$B/jail/var/spool/mqueue"
  find "$B/jail/var/spool/mqueue" -type f -delete
}
do_start() { jail /usr/sbin/sendmail -bd -q1s -OPidFile=/run/sendmail.pid >"$B/log/start" 2>&1 || { cat "$B/log/start" >&2; return 1; }; }
do_stop() { :; }
