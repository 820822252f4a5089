# Shared shell library for the peer scripts. Sourced, not executed.
# Every peer runs in a light jail: /usr /etc /var are overlayfs views of the
# host's (so packages that conflict with each other can be installed side by
# side), its spool and maildirs are plain directories of the host's disk under
# $PEERS/<name>, and the network is the host's loopback.

BENCH=${BENCH:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
PEERS=${PEERS:-/tmp/peers}
BIN=$PEERS/bin
export BENCH PEERS BIN
VUID=5000 VGID=5000
NUSERS=${NUSERS:-100}
DOMAIN=bench.test            # local domain
RELAYDOMAIN=sink.test        # domain relayed to the sink
SINKPORT=${SINKPORT:-2925}   # where every peer relays $RELAYDOMAIN to

say() { echo "[$PEER] $*" >&2; }

# What the jail was made above. When the host's packages change, the jail's own copies of shared files (ld.so.cache, dpkg's lists) hide
# the new ones, and its daemons end at once or load libraries that do not fit.
host_packages() { sha256sum /var/lib/dpkg/status | cut -d' ' -f1; }
jail_stale() { local b=$PEERS/$PEER; [ -e "$b/jailed" ] && [ "$(cat "$b/jailed")" != "$(host_packages)" ]; }
jail_remove() { # the jail alone: spool, maildirs and logs stay
  local b=$PEERS/$PEER
  jail_kill; jail_umount
  grep -qF " $b/jail/" /proc/mounts && { say "something is still mounted below $b/jail"; return 1; }
  rm -rf --one-file-system "$b/jail" "$b/ovl" "$b/jailed" "$b/installed"
}

jail_init() { # creates (once, and anew when the host's packages changed) and mounts the jail of $PEER
  local b=$PEERS/$PEER j=$PEERS/$PEER/jail d
  jail_stale && { say "the host's packages changed: making the jail anew"; jail_remove || return 1; }
  mkdir -p "$b"/{maildirs,spool,log} "$j"/{usr,etc,var,proc,dev,run,tmp,root,home,sys}
  chmod 755 "$b" "$j"; chmod 1777 "$j/tmp"
  for d in bin sbin lib lib64; do [ -L "$j/$d" ] || ln -s usr/$d "$j/$d"; done
  for d in usr etc var; do
    mkdir -p "$b/ovl/$d/up" "$b/ovl/$d/work"
    mountpoint -q "$j/$d" || mount -t overlay "$PEER-$d" \
      -o "lowerdir=/$d,upperdir=$b/ovl/$d/up,workdir=$b/ovl/$d/work" "$j/$d"
  done
  mountpoint -q "$j/proc" || mount --bind /proc "$j/proc"
  mountpoint -q "$j/tmp"  || mount --bind /tmp "$j/tmp"
  # a disk of its own (disk.sh) is not part of the bind above: without this the spool inside the jail would lie on another disk
  if mountpoint -q "$PEERS"; then mkdir -p "$j$PEERS"; mountpoint -q "$j$PEERS" || mount --bind "$PEERS" "$j$PEERS"; fi
  [ -e "$j/dev/null" ] || {
    mknod -m 666 "$j/dev/null" c 1 3; mknod -m 666 "$j/dev/zero" c 1 5
    mknod -m 666 "$j/dev/full" c 1 7; mknod -m 666 "$j/dev/random" c 1 8
    mknod -m 666 "$j/dev/urandom" c 1 9; mknod -m 666 "$j/dev/tty" c 5 0
    mkdir -p "$j/dev/shm"; chmod 1777 "$j/dev/shm"
    ln -s /proc/self/fd "$j/dev/fd"; ln -s fd/0 "$j/dev/stdin"; ln -s fd/1 "$j/dev/stdout"; ln -s fd/2 "$j/dev/stderr"
  }
  [ -e "$b/jailed" ] || {
    printf '#!/bin/sh\nexit 101\n' > "$j/usr/sbin/policy-rc.d"; chmod 755 "$j/usr/sbin/policy-rc.d"
    grep -q '^vmail:' "$j/etc/group"  || echo "vmail:x:$VGID:" >> "$j/etc/group"
    grep -q '^vmail:' "$j/etc/passwd" || echo "vmail:x:$VUID:$VGID::$b/maildirs:/bin/sh" >> "$j/etc/passwd"
    grep -q '^vmail:' "$j/etc/shadow" || echo "vmail:*:19000:0:99999:7:::" >> "$j/etc/shadow"
    echo "mail.$DOMAIN" > "$j/etc/mailname"; echo "mail.$DOMAIN" > "$j/etc/hostname"
    printf '127.0.0.1 localhost mail.%s\n127.0.0.1 mx.%s\n' "$DOMAIN" "$RELAYDOMAIN" > "$j/etc/hosts"
    host_packages > "$b/jailed"; }
}

jail() { chroot "$PEERS/$PEER/jail" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

jail_apt() { jail apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "$@"; }
jail_install() { # packages...
  local b=$PEERS/$PEER
  [ "$(cat "$b/installed" 2>/dev/null)" = "$*" ] && return 0   # what it was asked for, not only that it was: a script may come to need more
  cp /etc/resolv.conf "$b/jail/etc/resolv.conf" 2>/dev/null || true
  jail dpkg --configure -a >"$b/log/apt.log" 2>&1   # where an earlier run was ended in the middle
  # The host's package lists are seen through the overlay; they are fetched anew only where they are too old for it.
  jail_apt "$@" >>"$b/log/apt.log" 2>&1 || { jail apt-get update -qq >>"$b/log/apt.log" 2>&1; jail_apt "$@" >>"$b/log/apt.log" 2>&1; } ||
    { say "apt-get failed, see $b/log/apt.log"; return 1; }
  : > "$b/jail/etc/resolv.conf"   # from here on the jail resolves nothing beyond /etc/hosts
  echo "$*" > "$b/installed"
}

# CPU accounting of everything a peer forks: a cpuacct cgroup where there is one (v1), else nothing
CG=/sys/fs/cgroup/cpuacct
cg_enter() { [ -w $CG ] && mkdir -p "$CG/peer-$PEER" && echo $BASHPID > "$CG/peer-$PEER/cgroup.procs" 2>/dev/null; return 0; }
cpu_ns() { cat "$CG/peer-$PEER/cpuacct.usage" 2>/dev/null || echo 0; }

# pids of everything whose root is this peer's jail
jail_pids() {
  local p r=$PEERS/$PEER/jail
  for p in /proc/[0-9]*; do
    case "$(readlink "$p/root" 2>/dev/null)" in "$r"|"$r"/*) echo "${p#/proc/}" ;; esac
  done
  return 0
}

jail_kill() { # TERM then KILL exactly our own processes
  local i p
  p=$(jail_pids); [ -n "$p" ] && kill -TERM $p 2>/dev/null
  for i in $(seq 1 50); do p=$(jail_pids); [ -z "$p" ] && break; sleep 0.1; done
  p=$(jail_pids); [ -n "$p" ] && kill -KILL $p 2>/dev/null
  return 0
}

jail_umount() {
  local j=$PEERS/$PEER/jail d
  mountpoint -q "$j$PEERS" && umount -l "$j$PEERS"
  for d in tmp proc usr etc var; do mountpoint -q "$j/$d" && umount -l "$j/$d"; done
  return 0
}

syslog_start() { # a minimal /dev/log so that daemons pay for their logging as in real life
  local b=$PEERS/$PEER
  rm -f "$b/jail/dev/log"
  # runs inside the jail, so that jail_kill ends it
  cp "$BIN/mailbench" "$b/jail/usr/local/bin/mb-syslogd" 2>/dev/null || true
  (setsid chroot "$b/jail" /usr/local/bin/mb-syslogd syslogd /dev/log "$b/log/syslog" </dev/null >/dev/null 2>&1 &)
  local i; for i in $(seq 1 50); do [ -S "$b/jail/dev/log" ] && break; sleep 0.005; done
}

# address of the peer's private DNS responder (nothing of the machine's resolver is used)
case "${PEER:-}" in postfix) DNSADDR=127.0.0.71 ;; exim) DNSADDR=127.0.0.72 ;; courier) DNSADDR=127.0.0.73 ;; dovecot) DNSADDR=127.0.0.74 ;; cyrus) DNSADDR=127.0.0.75 ;; opensmtpd) DNSADDR=127.0.0.76 ;; *) DNSADDR=127.0.0.79 ;; esac
dns_start() {
  local b=$PEERS/$PEER
  echo "nameserver $DNSADDR" > "$b/jail/etc/resolv.conf"
  cp "$BIN/mailbench" "$b/jail/usr/local/bin/mb-dnsd"
  (setsid chroot "$b/jail" /usr/local/bin/mb-dnsd dnsd $DNSADDR "$RELAYDOMAIN=MX:mx.$RELAYDOMAIN" "mx.$RELAYDOMAIN=127.0.0.1" "mail.$DOMAIN=127.0.0.1" \
     "$DOMAIN=MX:mail.$DOMAIN" client.example.test=MX:mail.example.test mail.example.test=127.0.0.1 ${DNSLOG:+--log=$b/log/dns} </dev/null >/dev/null 2>&1 &)
}

wait_port() { # port [seconds]
  local i n=$(( ${2:-20} * 100 ))
  for i in $(seq 1 "$n"); do
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return 0; sleep 0.01
  done
  say "nothing listens on $1"; return 1
}

users() { seq -f 'u%04.0f' 1 "$NUSERS"; }
# the same password hash for every peer (MD5-crypt of "pass"), so that a login costs the same work
pwhash() { openssl passwd -1 -salt benchslt pass; }

# one certificate for every peer of a run with TLS (setup with TLS=1): prints the path of the PEM file, key first
tls_pem() {
  [ -s "$PEERS/tls.pem" ] || { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=mail.$DOMAIN" -keyout "$PEERS/tls.key" -out "$PEERS/tls.crt" 2>/dev/null
    cat "$PEERS/tls.key" "$PEERS/tls.crt" > "$PEERS/tls.pem"; rm "$PEERS/tls.key" "$PEERS/tls.crt"; chown $VUID:$VGID "$PEERS/tls.pem"; chmod 640 "$PEERS/tls.pem"; }
  echo "$PEERS/tls.pem"
}

make_maildirs() { # dir [maildirname]
  local d=$1 sub=${2:-Maildir} u
  for u in $(users); do mkdir -p "$d/$u/$sub"/{tmp,new,cur}; done
  chown -R $VUID:$VGID "$d"; chmod -R u=rwX,go= "$d"; chmod 755 "$d"
}

reset_maildirs() { # empty all maildirs of the peer and its queue; the server is stopped for it and started again if it ran
  local d=$PEERS/$PEER/maildirs run=; [ -n "$(jail_pids)" ] && run=1
  [ -n "$run" ] && { do_stop; jail_kill; }
  rm -rf "$d"/u*; make_maildirs "$d"; declare -F do_clean >/dev/null && do_clean
  [ -n "$run" ] && { cg_enter; do_start; }
  return 0
}

# A daemon must not inherit the caller's descriptors: it would hold open the pipe that a caller of run.sh waits on.
close_inherited() { local f; for f in /proc/$BASHPID/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && [ "$f" -ne 255 ] && eval "exec $f>&-"; done; return 0; }

# Waits until the queue of the peer is empty (do_queue prints its length; a peer without one has none).
queue_length() { declare -F do_queue >/dev/null && do_queue || echo 0; }
drain() {
  local i n a b; a=$(date +%s%N)
  for i in $(seq 1 "${DRAIN_TRIES:-600}"); do n=$(queue_length); [ "${n:-1}" = 0 ] && break; sleep 0.2; done
  b=$(date +%s%N); echo "queue_left ${n:-unknown} msgs"; echo "drain_time $(( (b-a)/1000000 )) ms"
}

timed_start() { local a b; a=$(date +%s%N); do_start || return 1; b=$(date +%s%N); echo "start_time $(( (b-a)/1000000 )) ms"; }

peer_main() { # dispatches; each peer defines do_setup do_start do_stop, and do_queue where it has a queue
  close_inherited
  case "${1:-}" in
    setup) jail_init; do_setup ;;
    start) jail_stale && { jail_init && do_setup || return 1; }; jail_init; [ -n "$(jail_pids)" ] && { say "already running"; return 0; }; cg_enter; timed_start ;;
    stop)  do_stop; jail_kill ;;
    restart) do_stop; jail_kill; cg_enter; timed_start ;;
    status) local p; p=$(jail_pids | tr '\n' ' '); [ -n "$p" ] && { echo "$PEER running: $p"; return 0; }; echo "$PEER stopped"; return 1 ;;
    pids) jail_pids ;;
    reset) reset_maildirs ;;
    info) do_info ;;
    cpu) cpu_ns ;;
    queue) queue_length ;;
    drain) drain ;;
    umount) jail_umount ;;
    *) echo "usage: $0 {setup|start|stop|restart|status|pids|cpu|queue|drain|reset|info|umount}" >&2; return 2 ;;
  esac
}
