#!/usr/bin/env bash
# seqspan validate --time when something bad happens to it: it says so and ends in time, what was
# validated before is on disk, whole, and nothing else is left.
#
#   validate_test.sh SEQSPAN stop|kill|unplug|full_disk|different_plans|too_many
#
# Exit code 77: needs root, or what an emulated cluster needs; one line says what.
set -u
seqspan=$1 fault=$2
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cluster=$here/../cluster/emulated-cluster
limit=3

fail() {
  echo "FAIL: $1"
  exit 1
}

case $fault in
  full_disk)
    [ "$(id -u)" = 0 ] || { echo "not run: needs root, to mount a small disk"; exit 77; }
    [ -n "${SEQSPAN_SMALL_DISK-}" ] || SEQSPAN_SMALL_DISK=1 exec unshare --mount "$0" "$@"
    ;;
  unplug) "$cluster" probe || { echo "not run: needs an emulated cluster"; exit 77; } ;;
esac
work=$(mktemp -d)
disk=$work/disk
mkdir "$disk"
trap 'umount "$disk" 2>/dev/null; rm -rf "$work"' EXIT
csv=$disk/ops.csv

# A plan of four ranks, on two hosts of two.
cp -r "$here/../cluster/validation/." "$work"
sed -i 's/"nodes": 4/"nodes": 2/' "$work/cluster.json"
plan=(validate "$work/job.json" --set training.sequence_length=1024 --layout "ulysses=2,ring=2")
# Long enough for the fault to come in the layer; hosts with a network between them take longer for each.
repetitions=400
[ "$fault" != unplug ] || repetitions=60
long=("${plan[@]}" --time --repetitions $repetitions --exchange-limit "${limit}s" --csv "$csv")

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# What ends badly has to do so with this code, saying all of these.
expect() {
  local code=$1 message text passed start=$SECONDS
  shift
  message=$(cat)
  passed=${message##*exit code }
  [ "$passed" = "$code" ] || fail "exit code $passed, not $code: $message"
  for text in "$@"; do
    grep -qE -- "$text" <<<"$message" || fail "'$text' was not printed: $message"
  done
  echo "$fault: exit code $code after $((SECONDS - start)) s"
}
# Runs a command and prints what it prints and its exit code.
run() { timeout 60 "$@" 2>&1; echo "exit code $?"; }

# The parts that were over, each op with its bytes, and no other file.
check_csv() {
  [ "$(ls "$disk")" = ops.csv ] || fail "files are left: $(ls "$disk")"
  awk -F, 'NR == 1 { columns = NF } NF != columns { bad = 1 } END { exit bad || NR < 2 }' "$csv" ||
    fail "the table is not whole: $(cat "$csv")"
}

try() { "$here/fault.sh" "$fault" --when '^embedding: done' --within $((limit + 5)) "$@" || exit 1; }
op="all_to_all|all_gather|all_reduce|reduce_scatter|ring_shift"
# Which op is told, and who had come to it, depends on where the fault comes: the group need not hold the
# rank that is gone. profile_run_test.sh asks for the very rank.
case $fault in
  stop)
    try --says "($op) .* of ranks .* has not ended within $limit s" \
      -- "$seqspan" "${long[@]}" --ranks 4
    check_csv
    ;;
  kill)
    try --says "told to end \(SIGTERM\) during ($op) .* of ranks" --says 'signal 9' \
      -- "$seqspan" "${long[@]}" --ranks 4
    check_csv
    ;;
  unplug)
    try --rank 2 --says "($op) .* of ranks .* has not ended within $limit s" \
      -- "$cluster" run --hosts 2 --ranks-per-host 2 -- "$seqspan" "${long[@]}"
    check_csv
    ;;
  full_disk)
    mount -t tmpfs -o size=4k tmpfs "$disk" || fail "no tmpfs"
    head -c 4096 /dev/zero >"$disk/other"
    run "$seqspan" "${plan[@]}" --time --repetitions 2 --csv "$csv" --ranks 4 |
      expect 3 'the file cannot be written' 'No space left on device' || exit 1
    ;;
  different_plans)
    run mpirun --oversubscribe -n 2 "$seqspan" "${plan[@]}" --time : \
      -n 2 "$seqspan" "${plan[@]}" --set training.sequence_length=2048 --time |
      sed '/^-----/,/^-----/d' | expect 3 'ranks validate different plans' 'at rank 2' || exit 1
    ;;
  too_many)
    run mpirun --oversubscribe -n 5 "$seqspan" "${plan[@]}" --time | sed '/^-----/,/^-----/d' |
      expect 2 '5 ranks for a plan of 4' 'start 4 ranks or fewer' || exit 1
    run "$seqspan" "${plan[@]}" --time --ranks 5 | expect 2 '5 ranks for a plan of 4' 'ranks 4' || exit 1
    ;;
  *) fail "no fault '$fault'" ;;
esac
