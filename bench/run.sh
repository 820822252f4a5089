#!/bin/bash
# bench/run.sh <scenario>[,<scenario>...] <peer>...     prints one table per scenario
# RUNS=3 (runs per peer, interleaved), OUT=/tmp/peers/results (raw tsv), APPEND=1 adds to the earlier results.
# COUNT= messages of the smtp and relay scenarios, WARM= uncounted messages before them; *_long are 20,000 after 2,000.
# IDLE_WARM= uncounted sessions of one user before the idle scenarios take their first reading.
# C= connections and S= octets of the smtp scenarios instead of their own; TLS=1: STARTTLS on every connection of the smtp and IMAP
# scenarios (the peers were set up with TLS=1). smtp_grid is all of 1, 10, 100 KB and 1, 64, 256 connections; *_tls scenarios are TLS=1.
# "run.sh list" prints the scenarios. A peer is peers/<name>.sh and must already be set up and started.
cd "$(dirname "$0")"; export BENCH=$PWD
PEERS=${PEERS:-/tmp/peers} BIN=${BIN:-${PEERS:-/tmp/peers}/bin}; export PEERS BIN
RUNS=${RUNS:-3} OUT=${OUT:-$PEERS/results} MB=$BIN/mailbench; CORPUS=$PEERS/corpus
mkdir -p "$OUT"; ./build.sh || exit 1

info() { ./peers/"$1".sh info | tr ' ' '\n' | sed -n "s/^$2=//p"; }
corpus() { # count -> path of the master maildir
  local d=$CORPUS/$1
  [ -e "$d.done" ] || { mkdir -p "$CORPUS"; chmod 755 "$CORPUS"; "$BIN/gen_corpus" --seed 1 --count "$1" --dir "$d" --uid 5000 --gid 5000 >&2 && touch "$d.done"; }
  echo "$d"
}
putbox() { # peer user folder("" = INBOX) count : fresh copy (hard links) of the corpus, no index files
  local md; md=$(info "$1" maildirs)/$2/Maildir
  local t=$md; [ -n "$3" ] && t=$md/.$3
  local c; c=$(corpus "$4")
  if [ -n "$3" ]; then rm -rf "$t"; else find "$md" -mindepth 1 -maxdepth 1 ! -name '.k*' -exec rm -rf {} +; fi
  mkdir -p "$t/tmp"; cp -al "$c/cur" "$c/new" "$t/"; [ -n "$3" ] && touch "$t/maildirfolder"
  chown 5000:5000 "$t" "$t"/tmp "$t"/cur "$t"/new; [ -n "$3" ] && chown 5000:5000 "$t/maildirfolder"; chmod 700 "$t"
  sync "$t"
}
clearbox() { local md; md=$(info "$1" maildirs)/$2; rm -rf "$md"/Maildir; mkdir -p "$md"/Maildir/{tmp,new,cur}; chown -R 5000:5000 "$md"; chmod -R u=rwX,go= "$md/Maildir"; }
hook() { # a peer without a maildir store provides its own putbox/clearbox verbs
  local v=$1 p=$2; shift 2
  [ "$v" = putbox ] && corpus "$3" >/dev/null     # a peer that is filled over IMAP reads it from there
  if ./peers/"$p".sh verbs 2>/dev/null | grep -qw "$v"; then ./peers/"$p".sh "$v" "$@"; else "$v" "$p" "$@"; fi
}

cpu0() { ./peers/"$1".sh cpu > "$OUT/.cpu0"; }   # what the scenario did so far (restart, filling) is not counted in cpu_per_op
warm() { find "$(corpus "$1")" -type f -print0 | xargs -0 cat > /dev/null; }   # page cache warm for every peer alike, not only for those after the first

smtp() { # peer mailbench-args...   (LMTP where the peer has no SMTP)
  local p=$1 port x= rc; shift
  port=$(info "$p" smtp); [ -n "$port" ] || { port=$(info "$p" lmtp); x=--lmtp=1; }; [ -n "$port" ] || return 9
  local md; md=$(info "$p" maildirs)
  local w=(); [ -n "$md" ] && [ -z "$NOWAIT" ] && w=(--wait-maildirs "$md")
  # the warm-up ends with an empty queue; the CPU count begins there
  [ "${WARM:-0}" -gt 0 ] && w+=(--warm "$WARM" --between "./peers/$p.sh drain >/dev/null; ./peers/$p.sh cpu > '$OUT/.cpu0'")
  "$MB" smtp-in --port "$port" $x "${w[@]}" --timeout 60 "$@" ${C:+--c "$C"} ${S:+--s "$S"} ${TLS:+--tls}; rc=$?
  [ $rc = 9 ] || ./peers/"$p".sh drain      # the next run starts with an empty queue; what is left after the limit is shown
  return $rc
}
imapport() { info "$1" imap; }

# ---- scenarios: s_<name> peer ; prints "metric value unit" lines ; n_<name> = number of operations for the cpu figure
n_smtp1k=1000;      s_smtp1k()      { smtp "$1" --c 20 --k 1  --m 1000 --s 1024; }
n_smtp1k_keep=1000; s_smtp1k_keep() { smtp "$1" --c 20 --k 50 --m 1000 --s 1024; }
n_smtp1k_pipe=1000; s_smtp1k_pipe() { smtp "$1" --c 20 --k 50 --m 1000 --s 1024 --pipelining=1; }
n_smtp10k=${COUNT:-1000};   s_smtp10k()     { smtp "$1" --c 20 --k 10 --m "${COUNT:-1000}" --s 10240; }
n_smtp100k=300;     s_smtp100k()    { smtp "$1" --c 20 --k 5 --m 300 --s 102400; }
n_smtp_r10=200;     s_smtp_r10()    { smtp "$1" --c 10 --k 10 --m 200 --s 1024 --r 10; }
n_smtp_seq=200;     s_smtp_seq()    { smtp "$1" --c 1 --k 200 --m 200 --s 1024; }
n_smtp_c100=${COUNT:-1000}; s_smtp_c100()   { smtp "$1" --c 100 --k 10 --m "${COUNT:-1000}" --s 4096; }
# acceptance by size and number of connections, 10 messages each where the connections suffice; GRID messages (4,000) after WARM uncounted ones
for kb in 1 10 100; do for c in 1 64 256; do for t in "" _tls; do
  eval "n_smtp_${kb}k_c$c$t=${GRID:-4000}; s_smtp_${kb}k_c$c$t() { ${t:+TLS=1} smtp \"\$1\" --c $c --k 10 --m \"${GRID:-4000}\" --s $((kb * 1024)); }"
done; done; done
# the sink lives as long as one run: the peer is restarted for each, else connections it cached to the last sink
# fail and their mails are deferred
relay() { local p=$1; shift; [ -n "$(info "$p" smtp)" ] || return 9; ./peers/"$p".sh reset >/dev/null 2>&1; cpu0 "$p"; NOWAIT=1 smtp "$p" --domain sink.test --sink "${SINKPORT:-2925}" "$@"; }
n_relay1k=1000;     s_relay1k()     { relay "$1" --c 20 --k 10 --m 1000 --s 1024; }
n_relay10k=${COUNT:-1000};  s_relay10k()    { relay "$1" --c 20 --k 10 --m "${COUNT:-1000}" --s 10240; }
n_relay100k=${COUNT:-300};  s_relay100k() { relay "$1" --c 20 --k 5 --m "${COUNT:-300}" --s 102400; }
n_relay_c1=200;     s_relay_c1()    { relay "$1" --c 1 --k 200 --m 200 --s 1024; }
# The long forms: runs that last longer than a cache or a just-in-time compiler takes to settle. Each begins with empty
# maildirs, an empty queue and a restarted server, then 2,000 uncounted messages, then 20,000.
long() { local p=$1 s=$2; COUNT=${COUNT:-20000} WARM=${WARM:-2000}; [ "$s" = relay10k ] || ./peers/"$p".sh reset >/dev/null 2>&1; s_"$s" "$p"; }
n_smtp10k_long=${COUNT:-20000};   s_smtp10k_long()   { long "$1" smtp10k; }
n_smtp_c100_long=${COUNT:-20000}; s_smtp_c100_long() { long "$1" smtp_c100; }
n_relay10k_long=${COUNT:-20000};  s_relay10k_long()  { long "$1" relay10k; }

# Waits until the peer has nothing left to do in the background (a full text index, say): under 3 % of a processor over 3 s, after at
# least SETTLE_MIN seconds, so that what begins late is not missed.
settle() { # peer
  local p=$1 a b i; a=$(./peers/"$p".sh cpu); sleep "${SETTLE_MIN:-12}"
  for i in $(seq 1 "${SETTLE_TRIES:-200}"); do a=$(./peers/"$p".sh cpu); sleep 3; b=$(./peers/"$p".sh cpu); [ $(( (b - a) / 1000000 )) -lt 90 ] && return 0; done
  echo "$p did not settle" >&2
}
im() { local p=$1 port; shift; port=$(imapport "$p"); [ -n "$port" ] || return 9; local v=$1; shift; "$MB" "$v" --port "$port" ${TLS:+--tls} "$@"; }
n_imap_login=500;   s_imap_login()  { im "$1" imap-login --c 10 --n 500; }
n_imap_login1=100;  s_imap_login1() { im "$1" imap-login --c 1 --n 100 --select INBOX; }
n_imap_append=1000; s_imap_append() { im "$1" imap-append --c 10 --n 1000 --s 10240 --first-user 21; }
n_imap_append1=500; s_imap_append1() { im "$1" imap-append --c 1 --n 500 --s 10240 --first-user 31; }
# box: _k = 1000 mails; COLDONLY=1 and SEARCHONLY=1 end it early (500 on the 1k box)
box() { # peer count : cold session, then warm session, then changes; each run in a folder that no peer has seen
  local p=$1 n=$2 port f; port=$(imapport "$p"); [ -n "$port" ] || return 9; f=k${n}r$r
  hook putbox "$p" u0050 "$f" "$n" >&2 && hook putbox "$p" u0050 kdst 0 >&2 || return 1; warm "$n"; cpu0 "$p"
  local R="$MB imap-run --port $port --user u0050 ${TLS:+--tls}" B=INBOX.$f k=$(( n < 2000 ? n/2 : 1000 ))
  $R cold_select="SELECT $B" cold_fetch_flags="FETCH 1:* (FLAGS)" cold_fetch_env="FETCH 1:* (ENVELOPE)" cold_fetch_bs="FETCH 1:* (UID RFC822.SIZE BODYSTRUCTURE)"
  [ -n "$COLDONLY" ] && return 0
  $R warm_select="SELECT $B" fetch_flags="FETCH 1:* (FLAGS)" fetch_env="FETCH 1:* (ENVELOPE)" fetch_bs="FETCH 1:* (UID RFC822.SIZE BODYSTRUCTURE)" fetch_body="FETCH 1:* BODY.PEEK[]"
  $R -s="SELECT $B" search_from='SEARCH FROM "anna.smith"' search_subj='SEARCH HEADER SUBJECT "budget"' search_text='SEARCH TEXT "throughput latency"' search_body='SEARCH BODY "delivery schedule"' search_none='SEARCH TEXT "no such words"' sort_arr="SORT (ARRIVAL) UTF-8 ALL" sort_date="SORT (DATE) UTF-8 ALL" sort_subj="SORT (SUBJECT) UTF-8 ALL" thread_refs="THREAD REFERENCES UTF-8 ALL"
  # the same searches once whatever index a peer keeps has caught up; the messages arrived a moment ago
  settle "$p"
  $R -s="SELECT $B" indexed_text='SEARCH TEXT "throughput latency"' indexed_body='SEARCH BODY "delivery schedule"' indexed_none='SEARCH TEXT "no such words"' indexed_header='SEARCH HEADER Received "mx7.example.test"'
  [ -n "$SEARCHONLY" ] && return 0
  $R -s="SELECT $B" store_all="STORE 1:* +FLAGS (\\Flagged)" copy_k="COPY 1:$k INBOX.kdst" -d="STORE 1:$k +FLAGS.SILENT (\\Deleted)" expunge_k="EXPUNGE" move_k="MOVE 1:$k INBOX.kdst"
  return 0
}
# SELECT of a mailbox nobody changed for a while. Dovecot scans the maildir at every SELECT until one scan happened
# some seconds after the last change, then trusts its index: so wait, open once unmeasured, measure the next ones.
settled() { local p=$1 n=$2 port f=s$2; port=$(imapport "$p"); [ -n "$port" ] || return 9
  hook putbox "$p" u0051 "$f" "$n" >&2; warm "$n"
  local R="$MB imap-run --port $port --user u0051" B=INBOX.$f; $R -a="SELECT $B"; sleep 6; $R -b="SELECT $B"; cpu0 "$p"; $R settled_select="SELECT $B"; }
n_imap_settled1k=1;  s_imap_settled1k()  { settled "$1" 1000; }
n_imap_settled10k=1; s_imap_settled10k() { settled "$1" 10000; }
n_imap_box1k=1;     s_imap_box1k()   { box "$1" 1000; }
n_imap_box2k=1;     s_imap_box2k()   { box "$1" 2000; }
n_imap_box10k=1;    s_imap_box10k()  { box "$1" 10000; }
n_imap_box100k=1;   s_imap_box100k() { box "$1" 100000; }
# DROP messages (a million) dropped into new/ of an empty mailbox: hard links of a few files of 1 KB. What the first SELECT takes, and the most memory that
# the peer's processes then had together (VmHWM).
drop() { local p=$1 n=${DROP:-1000000} port md; port=$(imapport "$p"); md=$(info "$p" maildirs); [ -n "$port" ] && [ -n "$md" ] || return 9
  ./peers/"$p".sh reset >/dev/null 2>&1
  python3 - "$md/u0052/Maildir" "$n" <<'PY'
import os, sys
maildir, count = sys.argv[1], int(sys.argv[2])
for i in range(count):
    if i % 30000 == 0:
        source = f"{maildir}/tmp/{i}"
        with open(source, "w") as file: file.write("Subject: dropped\n\n" + "x" * 1000 + "\n")
        os.chown(source, 5000, 5000)
    os.link(source, f"{maildir}/new/{1700000000 + i * 37 % 900000}.M{i % 1000000:06d}P1_{i}.bench,S=1019")
PY
  sync "$md/u0052/Maildir/new"; cpu0 "$p"
  "$MB" imap-run --port "$port" --user u0052 drop_select="SELECT INBOX" drop_flags="FETCH 1:* (FLAGS)"
  awk '/^VmHWM/{sum += $2} END{printf "drop_memory %.0f MiB\n", sum / 1024}' $(./peers/"$p".sh pids | sed 's|.*|/proc/&/status|') 2>/dev/null; }
n_imap_drop=1;      s_imap_drop()    { drop "$1"; }
# every Dovecot imap process holds an inotify instance of one uid; the kernel's default of 128 per uid would
# switch its notification off, so the limit is raised while the idle scenarios run, and put back
INO=/proc/sys/fs/inotify/max_user_instances
inotify_raise() { [ -w $INO ] && [ -z "$INO_OLD" ] && { INO_OLD=$(cat $INO); echo 16384 > $INO; trap 'echo $INO_OLD > $INO' EXIT; }; return 0; }
idle() { # peer conns rounds
  local p=$1 n=$2 port md; port=$(imapport "$p"); [ -n "$port" ] || return 9; md=$(info "$p" maildirs)
  ./peers/"$p".sh restart >/dev/null 2>&1; sleep 1
  local nt=(--maildirs "$md"); [ -n "$md" ] || nt=(--notify-port "$(info "$p" lmtp)" --notify-lmtp=1)
  "$MB" imap-idle ${TLS:+--tls} --port "$port" --n "$n" --c 8 --users 100 --warm "${IDLE_WARM:-100}" --pidcmd "./peers/$p.sh pids" "${nt[@]}" --rounds "${ROUNDS:-10}" --settle "${SETTLE:-5}" --notify-timeout "${NOTIFY_TIMEOUT:-70}"
}
n_idle500=500;      s_idle500()     { idle "$1" 500; }
n_idle500_tls=500;  s_idle500_tls() { TLS=1 idle "$1" 500; }
n_idle2000_tls=2000; s_idle2000_tls() { TLS=1 idle "$1" 2000; }
n_idle2000=2000;    s_idle2000()    { idle "$1" 2000; }
n_imap_mix=1;       s_imap_mix()    { local u; for u in $(seq 71 90); do hook clearbox "$1" "u00$u"; done; cpu0 "$1"; im "$1" imap-mix --c 20 --first-user 71 --users 20 --t "${MIXT:-10}"; }
n_pop3_1k=1000;     s_pop3_1k()     { local port; port=$(info "$1" pop3); [ -n "$port" ] || return 9; hook putbox "$1" u0060 "" 1000 >&2; warm 1000; cpu0 "$1"; "$MB" pop3-get --port "$port" --user u0060 | sed 's/^pop_/cold_/'; "$MB" pop3-get --port "$port" --user u0060; }
n_pop3_100k=1;      s_pop3_100k()   { local port; port=$(info "$1" pop3); [ -n "$port" ] || return 9; hook putbox "$1" u0061 "" 100000 >&2; warm 100000; cpu0 "$1"; "$MB" pop3-list --port "$port" --user u0061 | sed 's/^pop_/cold_/'; "$MB" pop3-list --port "$port" --user u0061; }
n_rest=1;           s_rest()        { ./peers/"$1".sh stop >/dev/null 2>&1; local a b; ./peers/"$1".sh start 2>/dev/null | grep '^start_time'; sleep 2; "$MB" pss $(./peers/"$1".sh pids); }
# what is kept after work: 10,000 messages of 10 KB into the maildirs, then a minute of silence
n_rest_after=${COUNT:-10000}; s_rest_after() { ./peers/"$1".sh reset >/dev/null 2>&1; cpu0 "$1"; WARM=0 smtp "$1" --c 20 --k 10 --m "${COUNT:-10000}" --s 10240 | grep -E '^(accept_rate|delivered|failed|queue_left)' || return 9; sleep "${REST_WAIT:-60}"; "$MB" pss $(./peers/"$1".sh pids); }

if [ "${1:-}" = list ] || [ $# -lt 2 ]; then echo "scenarios: $(declare -F | sed -n 's/.* s_//p' | tr '\n' ' ')"; sed -n 2,9p "$BENCH/run.sh"; exit 0; fi
SC=$1; shift
[ "$SC" = smtp ] && SC=smtp1k,smtp1k_keep,smtp1k_pipe,smtp10k,smtp100k,smtp_r10,smtp_seq,smtp_c100
[ "$SC" = smtp_grid ] && SC=$(for kb in 1 10 100; do for c in 1 64 256; do printf "smtp_${kb}k_c$c,smtp_${kb}k_c${c}_tls,"; done; done | sed 's/,$//')
[ "$SC" = long ] && SC=smtp10k_long,smtp_c100_long,relay10k_long,rest_after
[ "$SC" = relay ] && SC=relay1k,relay10k,relay100k,relay_c1
[ "$SC" = imap ] && SC=imap_login,imap_login1,imap_append,imap_append1,imap_box1k,imap_box10k,imap_mix
[ "$SC" = pop3 ] && SC=pop3_1k,pop3_100k
for sc in ${SC//,/ }; do
  case $sc in idle*) inotify_raise ;; esac
  raw=$OUT/$sc.tsv; if [ -n "$APPEND" ] && [ -s "$raw" ]; then cp "$raw" "$raw.new"; else : > "$raw.new"; fi
  for r in $(seq 1 "$RUNS"); do for p in "$@"; do
    ncount=n_$sc; load0=$(cut -d' ' -f1 /proc/loadavg); s0=$(awk '/^cpu /{print $2+$3+$4+$7+$8, $2+$3+$4+$5+$6+$7+$8+$9, $9}' /proc/stat)
    rm -f "$OUT/.cpu0"; c0=$(./peers/"$p".sh cpu); t0=$(date +%s%N)
    o=$(s_$sc "$p" 2> >(sed "s/^/[$sc $p] /" >&2)); rc=$?
    c1=$(./peers/"$p".sh cpu); t1=$(date +%s%N); s1=$(awk '/^cpu /{print $2+$3+$4+$7+$8, $2+$3+$4+$5+$6+$7+$8+$9, $9}' /proc/stat)
    [ $rc = 9 ] && continue   # does not apply to this peer
    [ -s "$OUT/.cpu0" ] && c0=$(cat "$OUT/.cpu0")
    { echo "$o"; [ "${c1:-0}" -gt "${c0:-0}" ] 2>/dev/null && awk -v a="$c0" -v b="$c1" -v n="${!ncount}" 'BEGIN{printf "cpu_per_op %.4g ms\n",(b-a)/1e6/n}'
      # noise: CPU used on the machine by neither this peer nor the load tool, in per cent of all CPU
      awk -v a="$s0" -v b="$s1" -v c0="${c0:-0}" -v c1="${c1:-0}" -v cl="$(echo "$o" | awk '$1=="client_cpu"{print $2}')" 'BEGIN{split(a,x," ");split(b,y," ");busy=(y[1]-x[1])/100;all=(y[2]-x[2])/100;if(all>0)printf "other_cpu %.0f %%\n",100*(busy-(c1-c0)/1e9-cl)/all; if(all>0)printf "steal %.0f %%\n",100*(y[3]-x[3])/100/all}'
    } | awk -v s="$sc" -v p="$p" -v r="$r" 'NF>=2{print s"\t"p"\t"r"\t"$1"\t"$2"\t"$3}' >> "$raw.new"
  done; done
  mv "$raw.new" "$raw"
  ./table.sh "$raw"
done
