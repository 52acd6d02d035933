#!/usr/bin/env bash
# Communications on their own on an emulated cluster of 4 hosts of 2 ranks (emulated-cluster): a profile
# is fitted to what profile run measured at some sizes, and held against what it measures at others.
#
#   communications.sh SEQSPAN [--quick]
#
# Prints tables of Markdown for docs/validation.md (validation.sh). Groups: all 8 ranks; 4 across the hosts, two
# such at once; 2 inside a host, four at once. Rounds take turns between the sizes to fit and the others,
# so that what else this machine does falls on both; of rounds counts the median.
# --quick: two sizes to fit and two others, one round, and an error unless every row is there: a test.
# Times are not judged here. Exit code 1: something failed; 3: the machine cannot emulate a cluster (in
# --quick 77, for ctest).
set -u
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
seqspan=$(readlink -f "$1")
quick=0
[ "${2-}" != --quick ] || quick=1

collectives="alltoall sendrecv all_gather reduce_scatter" # sendrecv: a shift in the ring
fitted=32KiB,64KiB,128KiB,256KiB,512KiB,1MiB,2MiB
others=48KiB,96KiB,192KiB,384KiB,768KiB,1536KiB # in the middle between two, where a curve is worst
rounds=3
if [ $quick = 1 ]; then
  fitted=16KiB,64KiB
  others=24KiB,48KiB
  rounds=1
fi

if ! bash "$here/emulated-cluster" probe; then
  [ $quick = 1 ] && exit 77
  exit 3
fi
work=$(mktemp -d) || exit 3
trap 'rm -rf "$work"' EXIT

measure() { # collective, sizes, log
  bash "$here/emulated-cluster" run -- "$seqspan" profile run --collective "$1" --sizes "$2" -o "$3" \
    </dev/null >"$work/run.txt" 2>&1 || { cat "$work/run.txt" >&2; exit 1; }
}
for ((round = 1; round <= rounds; round++)); do
  for collective in $collectives; do
    echo "communications: $collective, round $round of $rounds" >&2
    measure "$collective" "$fitted" "$work/fitted-$collective-$round.log"
    measure "$collective" "$others" "$work/others-$collective-$round.log"
  done
done
"$seqspan" profile fit "$work"/fitted-*.log -o "$work/fit.json" >/dev/null 2>"$work/errors.txt" &&
  "$seqspan" profile compare "$work/fit.json" "$work"/others-*.log --markdown >"$work/page.md" 2>"$work/errors.txt" ||
  { cat "$work/errors.txt" >&2; exit 1; }
cat "$work/page.md"

if [ $quick = 1 ]; then
  for collective in $collectives; do
    for group in "2 on 1 host | 4 groups at once" "4 on 4 hosts | 2 groups at once, 2 apart" "8 on 4 hosts | "; do
      for size in 24 48; do
        row="^\| $collective \| $group *\| $size KiB \| [0-9.]+ [um]?s \| [0-9.]+ [um]?s \| [+-][0-9.]+ % \|$"
        grep -qE "$row" "$work/page.md" || { echo "FAIL: no row of $collective, $group, $size KiB" >&2; exit 1; }
      done
    done
  done
  grep -q '^| all | 24 |' "$work/page.md" || { echo "FAIL: not 24 rows" >&2; exit 1; }
fi
