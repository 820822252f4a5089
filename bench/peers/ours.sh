#!/bin/bash
# The server of this repository: SMTP 2625, IMAP 2643, POP3 2610, LMTP 2624. No jail: it runs on the host, as uid 5000,
# from the build that we ship, a trimmed single file with ReadyToRun, in $PEERS/ours/app (app/BUILD says how it was built).
# Accounts carry the MD5-crypt hash that all peers have, so that a login costs the same work.
PEER=ours$VARIANT; . "$(cd "$(dirname "$0")" && pwd)/../lib/common.sh"
SMTP=${SMTP:-2625} IMAP=${IMAP:-2643} POP3=${POP3:-2610} LMTP=${LMTP:-2624}
B=$PEERS/$PEER REPO=${REPO:-$(cd "$BENCH/.." && pwd)} CONF=$PEERS/ours$VARIANT/courier.conf
jail_init() { mkdir -p "$B"/{maildirs,state,log}; chmod 755 "$B"; }
jail_umount() { return 0; }
# The one process of the server, if the recorded pid is still ours.
jail_pids() {
  local p; p=$(cat "$B/pid" 2>/dev/null) || return 0
  tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null | grep -qF -- "--config $CONF" && echo "$p"
  return 0
}
as_vmail() { setpriv --reuid $VUID --regid $VGID --clear-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$B/state" LANG=C.UTF-8 ${OURS_ENV:-} "$@"; }
do_build() { # from a copy of the sources: a runtime identifier would change the lock files of the worktree
  local how="trimmed single file, ReadyToRun" rid publish commit; commit=$(git -C "$REPO" describe --always --dirty 2>/dev/null)
  [[ -n $commit && $commit != *-dirty && "$(cat "$B/app/BUILD" 2>/dev/null)" == "$how, $commit, "* ]] && return 0   # built before
  case $(uname -m) in aarch64) rid=linux-arm64 ;; *) rid=linux-x64 ;; esac
  rm -rf "$B/app.new" "$B/build"; mkdir -p "$B/build"
  tar -C "$REPO" -c --exclude=bin --exclude=obj --exclude=packages.lock.json src Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig nuget.config global.json | tar -C "$B/build" -x
  publish=(dotnet publish "$B/build/src/Courier" -c Release -r "$rid" -o "$B/app.new" -p:RunAnalyzers=false -p:GenerateDocumentationFile=false -p:UseSharedCompilation=true)
  "${publish[@]}" --self-contained true -p:PublishTrimmed=true -p:PublishSingleFile=true -p:PublishReadyToRun=true > "$B/log/build" 2>&1 || {
    how="just-in-time, framework-dependent (ReadyToRun did not publish, see log/build)"
    "${publish[@]}" --self-contained false > "$B/log/build2" 2>&1 || { say "publish failed, see $B/log/build2"; return 1; }; }
  echo "$how, $commit, SDK $(dotnet --version)" > "$B/app.new/BUILD"
  rm -rf "$B/app"; mv "$B/app.new" "$B/app"; say "built: $(cat "$B/app/BUILD")"
}
do_setup() {
  do_build || return 1
  local h u; h=$(pwhash)
  make_maildirs "$B/maildirs"
  rm -rf "$B/state"; mkdir -p "$B/state"
  cat > "$CONF" <<C
[server]
hostname = mail.$DOMAIN
state = $B/state
[smtp]
listen = 127.0.0.1:$SMTP
[lmtp]
listen = 127.0.0.1:$LMTP
[imap]
listen = 127.0.0.1:$IMAP
[pop3]
listen = 127.0.0.1:$POP3
[tls]
certificate = $([ -n "${TLS:-}" ] && tls_pem || echo none)
[accounts]
default_domain = $DOMAIN
cleartext_logins = always
[relay]
networks = 127.0.0.0/8
route.$RELAYDOMAIN = 127.0.0.1:$SINKPORT
[limits]
connections_per_peer = 100000
connections_per_network = 100000
${OURS_CONF:-}
C
  for u in $(users); do printf '%s@%s\t%s\t%s\n' "$u" "$DOMAIN" "$h" "$B/maildirs/$u/Maildir"; done > "$B/state/users"
  chown -R $VUID:$VGID "$B/state"; chmod 644 "$CONF"
  as_vmail "$B/app/courier" --config "$CONF" domain add "$DOMAIN" > "$B/log/domain" 2>&1   # the import below fails if this did and mattered
  as_vmail "$B/app/courier" --config "$CONF" account import "$B/state/users" > "$B/log/import" 2>&1 || { say "account import failed:"; cat "$B/log/import" >&2; return 1; }
}
do_start() {
  ( ulimit -n 20000
    exec setpriv --reuid $VUID --regid $VGID --clear-groups env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$B/state" LANG=C.UTF-8 ${OURS_ENV:-} \
      setsid "$B/app/courier" serve --config "$CONF" </dev/null >"$B/log/out" 2>&1 ) & echo $! > "$B/pid"
  wait_port $SMTP && wait_port $IMAP && wait_port $POP3 && wait_port $LMTP
}
do_stop() { :; }                      # peer_main then ends what is left with TERM, later KILL, by pid
do_clean() { rm -rf "$B/state"/spool.db* "$B/state/spool"; return 0; }   # the queue; accounts stay
do_queue() { # the owner of the spool is asked while it runs
  as_vmail "$B/app/courier" --config "$CONF" queue list --json 2>/dev/null | python3 -c 'import json,sys
text = sys.stdin.read().strip()
try: rows = json.loads(text) if text else []
except ValueError: rows = text.splitlines()
print(len(rows))'
}
do_info() { echo "smtp=$SMTP imap=$IMAP pop3=$POP3 lmtp=$LMTP maildirs=$B/maildirs"; }
[ "${1:-}" = build ] && { jail_init; do_build; exit; }
peer_main "$@"
