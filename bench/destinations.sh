#!/bin/bash
# bench/destinations.sh <peer>...    100,000 recipients at 1,000 destinations, without and with 50 dead ones; prints both times and their ratio.
# RECIPIENTS= DESTINATIONS= DEAD= BATCH= (recipients of a message) KIND=hang|silent|refused make it another run.
# Peers: ours, postfix (set up by peers/<name>.sh). The living are timed: the dead must not cost them more than a fifth.
# Both have a route to the address of each destination, and their defaults besides: 20 attempts at once at one destination, 30 s for a connection.
# Ours makes 200 attempts at once; Postfix gets 400 processes of smtp(8) instead of 100, as its TUNING_README advises where many destinations
# are slow (POSTFIX_SMTP= is another number): with 100 the five first attempts at each of 50 dead destinations alone would take them all.
cd "$(dirname "$0")" || exit 1; export BENCH=$PWD
PEERS=${PEERS:-/tmp/peers}; export PEERS
RECIPIENTS=${RECIPIENTS:-100000} DESTINATIONS=${DESTINATIONS:-1000} DEAD=${DEAD:-50} BATCH=${BATCH:-100} KIND=${KIND:-hang}

routes_of() { # peer: teaches it where the destinations are
  local b=$PEERS/$1 conf
  case $1 in
    ours*)
      python3 lib/destinations.py routes "$DESTINATIONS" | sed -E 's/^(\S+) (\S+) (\S+)$/\1:[\2],\3/' > "$b/routes"
      conf=$b/courier.conf
      grep -q '^esmtproutes' "$conf" || sed -i "s|^\[relay\]|[relay]\nesmtproutes = $b/routes|" "$conf" ;;
    postfix)
      local e=$b/jail/etc/postfix
      python3 lib/destinations.py routes "$DESTINATIONS" | sed -E 's/^(\S+) (\S+) (\S+)$/\1 smtp:[\2]:\3/' > "$e/many"
      chroot "$b/jail" /usr/sbin/postmap hash:/etc/postfix/many
      chroot "$b/jail" /usr/sbin/postconf -e 'transport_maps = hash:/etc/postfix/many' 'relay_domains = hash:/etc/postfix/many'
      chroot "$b/jail" /usr/sbin/postconf -F "smtp/unix/process_limit = ${POSTFIX_SMTP:-400}" ;;
    *) echo "destinations.sh: $1 is no peer of this scenario" >&2; return 1 ;;
  esac
}

once() { # peer dead
  ./peers/"$1".sh reset >/dev/null 2>&1 || return 1   # restarted, with an empty queue
  local port; port=$(./peers/"$1".sh info | tr ' ' '\n' | sed -n 's/^smtp=//p')
  python3 lib/destinations.py run --port "$port" --recipients "$RECIPIENTS" --destinations "$DESTINATIONS" --dead "$2" --batch "$BATCH" --kind "$KIND"
}

for peer in "$@"; do
  ./peers/"$peer".sh start >/dev/null || exit 1   # first: a jail that is out of date is made anew by this
  routes_of "$peer" || exit 1
  for dead in 0 "$DEAD"; do
    out=$(once "$peer" "$dead") || { echo "$peer: not all living recipients were served"; echo "$out"; }
    sed "s/^/$peer dead=$dead /" <<< "$out"
    [ "$dead" = 0 ] && without=$out || with=$out
  done
  # Per living recipient: with dead destinations there are fewer of them.
  awk -v p="$peer" -v a="$(awk '/^living_seconds/ {print $2}' <<< "$without")" -v n="$(awk '/^living_taken/ {print $2}' <<< "$without")" \
      -v b="$(awk '/^living_seconds/ {print $2}' <<< "$with")" -v m="$(awk '/^living_taken/ {print $2}' <<< "$with")" \
      'BEGIN { if (a > 0 && n > 0 && m > 0) printf "%s ratio %.2f (at most 1.2)\n", p, (b / m) / (a / n) }'
done
