# Courier for mta.sh. With $FILES, the files of that directory lie in /etc/courier as well; of those that its scripts source, what they say
# comes behind what Debian's say.
c=$PEERS/$PEER/jail/etc/courier
setopt() { # file NAME VALUE
  if grep -q "^$2=" "$c/$1"; then sed -i "s|^$2=.*|$2=$3|" "$c/$1"; else echo "$2=$3" >> "$c/$1"; fi
}
do_install() { jail_install courier-mta courier-authlib-userdb; }
do_configure() {
  local u hash; hash=$(openssl passwd -1 secret)
  [ -d "$B/etc" ] || cp -a "$c" "$B/etc"      # as Debian made it
  find "$c" -mindepth 1 -delete; cp -a "$B/etc/." "$c/"
  find "$B/jail/var/lib/courier"/{msgs,msgq,tmp,track} -mindepth 1 -delete 2>/dev/null
  mkdir -p "$B/jail/run/courier/authdaemon"; jail chown -R courier:courier /run/courier
  certificate "$c/tls"; cat "$c/tls/server.key" "$c/tls/server.pem" > "$c/esmtpd.pem"; chmod 600 "$c/esmtpd.pem"; jail chown courier /etc/courier/esmtpd.pem
  for u in demo bob relay jürgen; do
    printf '%s\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$u@$DOMAIN" "$B/maildirs/$u" "$B/maildirs/$u/Maildir" "$hash" $VUID $VGID
    printf '%s\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$u" "$B/maildirs/$u" "$B/maildirs/$u/Maildir" "$hash" $VUID $VGID
    mkdir -p "$B/maildirs/$u/Maildir"/{tmp,new,cur}
  done > "$c/userdb"
  # The catch-all of catch.test, which $FILES may host.
  printf 'alias@catch.test\thome=%s|mail=%s|systempw=%s|uid=%s|gid=%s\n' "$B/maildirs/alias" "$B/maildirs/alias/Maildir" "$hash" $VUID $VGID >> "$c/userdb"
  mkdir -p "$B/maildirs/alias/Maildir"/{tmp,new,cur}; echo ./Maildir > "$B/maildirs/alias/.courier-default"
  chmod 600 "$c/userdb"; chown -R $VUID:$VGID "$B/maildirs"
  jail makeuserdb -f /etc/courier/userdb || return 1
  setopt authdaemonrc authmodulelist '"authuserdb"'; setopt authdaemonrc daemons 2
  echo "$DOMAIN" > "$c/hosteddomains/tests"; echo "$DOMAIN" > "$c/esmtpacceptmailfor.dir/tests"
  echo "mail.$DOMAIN" | tee "$c/me" > "$c/defaultdomain"; echo localhost > "$c/locals"
  printf '%s\n' "example.test:[127.0.0.1],$OURS /SECURITY=REQUIRED" "login.test:[127.0.0.1],$SUBMISSION /SECURITY=REQUIRED" "far.test:[127.0.0.1],$FAR" > "$c/esmtproutes"
  echo "[127.0.0.1],$SUBMISSION $LOGIN $PASSWORD" > "$c/esmtpauthclient"; chmod 600 "$c/esmtpauthclient"; jail chown courier /etc/courier/esmtpauthclient
  printf '127.0.0.2\tallow,RELAYCLIENT\n' > "$c/smtpaccess/default"
  setopt esmtpd PORT "$ADDRESS.$PORT"; setopt esmtpd ADDRESS 0; setopt esmtpd BOFHCHECKDNS 0; setopt esmtpd TARPIT 0; setopt esmtpd ESMTPDSTART YES
  setopt esmtpd ESMTPAUTH '""'; setopt esmtpd ESMTPAUTH_TLS '"PLAIN LOGIN"'
  setopt esmtpd TCPDOPTS '"-stderrlogger=/usr/sbin/courierlogger -noidentlookup -nodnslookup"'
  setopt esmtpd-msa PORT "$ADDRESS.${MSA:-0}"; setopt esmtpd-msa ESMTPDSTART YES; setopt esmtpd-msa BOFHCHECKDNS 0; setopt esmtpd-msa AUTH_REQUIRED 1
  setopt esmtpd-ssl SSLPORT "${SSL:-0}"; setopt esmtpd-ssl SSLADDRESS "$ADDRESS"; setopt esmtpd-ssl BOFHCHECKDNS 0; setopt esmtpd-ssl TARPIT 0
  [ -z "$RELAYING" ] || { printf '127.0.0.1\tallow,RELAYCLIENT\n' >> "$c/smtpaccess/default"; echo 1 | tee "$c/retryalpha" "$c/retrygamma" > /dev/null; echo 0 > "$c/esmtpdelay"; }
  setopt courierd DEFAULTDELIVERY ./Maildir
  [ -z "$FILES" ] || { local f; for f in esmtpd esmtpd-msa esmtpd-ssl courierd; do [ ! -f "$FILES/$f" ] || cat "$c/$f" "$FILES/$f" > "$B/$f"; done
    cp -a "$FILES/." "$c/"; for f in esmtpd esmtpd-msa esmtpd-ssl courierd; do [ ! -f "$FILES/$f" ] || cat "$B/$f" > "$c/$f"; done; }
  rm -rf "$B/jail/var/lib/courier/archive"; mkdir -p "$B/jail/var/lib/courier/archive"; jail chown courier:courier /var/lib/courier/archive   # for ARCHIVEDIR
  mkdir -p "$c/esmtppercentrelay.dir"
  jail makehosteddomains && jail makeacceptmailfor && jail makepercentrelay && jail makesmtpaccess && jail makesmtpaccess-msa && jail makealiases
}
do_start() {
  jail authdaemond start && wait_file "$B/jail/run/courier/authdaemon/socket" && jail courierfilter start && jail courier start && jail esmtpd start && { [ -z "$MSA" ] || jail esmtpd-msa start; } && { [ -z "$SSL" ] || jail esmtpd-ssl start; }
} >"$B/log/start" 2>&1
do_stop() { local d; for d in esmtpd-ssl esmtpd-msa esmtpd courier courierfilter authdaemond; do jail $d stop >/dev/null 2>&1; done; return 0; }
