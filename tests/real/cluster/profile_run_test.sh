#!/usr/bin/env bash
# seqspan profile run on an emulated cluster of 4 hosts with 2 ranks each at 400 Mbit/s: it sees the
# hosts; what goes between them goes over the wire, no faster than the wire is, and what stays inside
# a host does not.
#
#   profile_run_test.sh SEQSPAN
#
# Exit code 77: this machine cannot; one line says why.
set -u
seqspan=$(readlink -f "$1")
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cluster=$here/emulated-cluster
"$cluster" probe || { echo "not run: needs an emulated cluster"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
log=$folder/measured.log
fail() {
  echo "FAIL: $1"
  cat "$folder"/*
  exit 1
}

# Afterwards the first rank of each host says how many bytes left by its link, and by its loopback.
# shellcheck disable=SC2016
counted='"$@"; code=$?
  sent() { cat /sys/class/net/$1/statistics/tx_bytes; }
  [ "$OMPI_COMM_WORLD_LOCAL_RANK" != 0 ] || echo "sent $(sent eth0) $(sent lo)"
  exit $code'
"$cluster" run --hosts 4 --ranks-per-host 2 --rate 400mbit -- sh -c "$counted" counted \
  "$seqspan" profile run -o "$log" --sizes 256KiB,4MiB --collective alltoall \
  >"$folder/out" 2>"$folder/err" || fail "exit code $?"

awk '
  /^collective:/ { if ($2 != "alltoall") bad("a set of " $2); variant = "" }
  /^ranks:/ { ranks = $2 }
  /^nodes:/ { nodes = $2 }
  /^variant:/ { variant = ", " substr($0, 10) }
  /^[0-9]/ { times[ranks " ranks, " nodes " nodes" variant, $1] = $2 / 1e6; points++ }
  function bad(text) { print "FAIL: " text; failed = 1 }

  # A host sends what its 2 ranks have for the others, and no faster than the wire: 400 Mbit/s
  # = 50 MB/s, after the 15 kB that may pass at once. 1 ms: ranks leave the barrier one after another.
  function check(group, remote, size,    time, bound) {
    time = times[group, size]
    bound = (2 * size * remote - 15 * 1024) / 50e6 - 0.001
    if (time == "") { bad("no " group " of " size " B"); return }
    printf "%-45s %8d B %8.2f ms, %5.1f %% of the bound\n", group, size, time * 1e3, 100 * bound / time
    if (time < bound) bad("faster than the wire")
  }
  END {
    if (points != 6) bad(points " points, not 6")
    for (i = 0; i < 2; i++) {
      size = i ? 4194304 : 262144
      check("8 ranks, 4 nodes", 6 / 8, size) # each rank has 6 of 8 blocks for other hosts
      check("4 ranks, 4 nodes, 2 groups at once, 2 apart", 3 / 4, size)
      if (times["2 ranks, 1 nodes, 4 groups at once", size] == "") bad("no groups inside hosts")
    }
    exit failed
  }' "$log" || fail "the log"

# 14 times (3 to warm up, 11 measured) each of two groups with remote blocks: 2 ranks x 3/4 of the size.
# Inside a host 2 ranks give each other half: that, 14 x 4.25 MiB, must not be on the loopback.
awk '$1 == "sent" {
    hosts++
    least = 14 * 2 * 2 * 0.75 * (4194304 + 262144); inside = 14 * (4194304 + 262144)
    printf "sent by link: %.1f MB of at least %.1f; by loopback: %.1f MB\n", $2 / 1e6, least / 1e6, $3 / 1e6
    if ($2 < least || $3 > inside / 4) failed = 1
  }
  END { exit failed || hosts != 4 }' "$folder/out" || fail "bytes are not where they belong"
