#!/bin/bash
# disk.sh mount [GB] | umount | show : puts $PEERS on a loop-mounted ext4 with a journal.
# On an ext4 without one, creating files gets 20 times slower after many deletions by anyone, and what a sync costs is not
# what it costs in service. The image lies beside $PEERS; every peer and the server under test are on the same disk then.
set -e
cd "$(dirname "$0")"; . lib/common.sh
IMG=$PEERS.img
case ${1:-} in
  mount)
    mountpoint -q "$PEERS" && { echo "$PEERS is mounted already"; exit 0; }
    [ -e "$IMG" ] || { truncate -s "${2:-24}G" "$IMG"; mkfs.ext4 -q -F -O has_journal "$IMG"; }
    mkdir -p "$PEERS"; mount -o loop "$IMG" "$PEERS"; chmod 755 "$PEERS" ;;
  umount)
    for p in "$PEERS"/*/jail; do p=${p%/jail}; [ -d "$p/jail" ] && PEER=${p##*/} && jail_umount; done
    umount "$PEERS" ;;
  show) findmnt -no SOURCE,FSTYPE,OPTIONS -T "$PEERS" ;;
  *) echo "usage: $0 mount [GB] | umount | show" >&2; exit 64 ;;
esac
