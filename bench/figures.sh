#!/bin/bash
# bench/figures.sh [part...]    measures the figures of docs/performance.md, in its order, each part on servers of its own that are set up for it; about
# an hour and a half for all parts. Parts: smtp relay grid rest imap10k imap100k append idle idle_tls pop3 drop destinations.
# Raw values go to $OUT (default $PEERS/results), tables to standard output. Needs `bench/disk.sh mount 24` before; leaves no server behind.
cd "$(dirname "$0")" || exit 1
export PEERS=${PEERS:-/tmp/peers} OUT=${OUT:-${PEERS:-/tmp/peers}/results}

with() { # peer... -- command...: sets the peers up, runs the command, stops them
  local peers=() p rc
  while [ "$1" != -- ]; do peers+=("$1"); shift; done; shift
  for p in "${peers[@]}"; do { peers/"$p".sh setup && peers/"$p".sh restart; } >/dev/null || { echo "figures.sh: $p did not start" >&2; return 1; }; done
  "$@"; rc=$?
  for p in "${peers[@]}"; do peers/"$p".sh stop >/dev/null 2>&1; done
  return $rc
}

both() { RUNS=2 ./run.sh "$1" "${@:3}" && RUNS=2 ./run.sh "$2" "${@:3}" courier; }   # long scenario, short scenario, peers: Courier in the short one only

part() {
  echo; echo "## $1 ($(date +%H:%M), load $(cut -d' ' -f1 /proc/loadavg))"
  case $1 in
    smtp) with ours postfix courier -- both smtp10k_long,smtp_c100_long smtp10k,smtp_c100 ours postfix ;;
    relay) with ours postfix courier -- both relay10k_long relay10k,relay100k ours postfix ;;
    grid) TLS=1 with ours postfix -- env RUNS=1 ./run.sh smtp_grid ours postfix ;;
    rest) with ours postfix courier dovecot -- env RUNS=1 ./run.sh rest,rest_after ours postfix courier dovecot ;;
    imap10k) with ours dovecot courier cyrus -- env RUNS=3 ./run.sh imap_box10k,imap_settled10k ours dovecot courier cyrus ;;
    imap100k) with ours dovecot courier cyrus -- env RUNS=1 ./run.sh imap_box100k ours dovecot courier cyrus ;;
    append) with ours dovecot courier -- env RUNS=3 ./run.sh imap_append,imap_append1,imap_login ours dovecot courier ;;
    idle) with ours dovecot -- env SETTLE=10 RUNS=1 ./run.sh idle500,idle2000 ours dovecot ;;
    idle_tls) TLS=1 with ours dovecot -- env SETTLE=10 RUNS=1 ./run.sh idle500_tls,idle2000_tls ours dovecot ;;
    pop3) with ours dovecot courier -- env RUNS=3 ./run.sh pop3_1k,pop3_100k ours dovecot courier ;;
    drop) with ours -- env RUNS=1 ./run.sh imap_drop ours ;;
    destinations) with ours postfix -- ./destinations.sh ours postfix ;;
    *) echo "figures.sh: no part $1" >&2; return 1 ;;
  esac
}

for name in ${@:-smtp relay grid rest imap10k imap100k append idle idle_tls pop3 drop destinations}; do part "$name" || echo "figures.sh: $name failed" >&2; done
