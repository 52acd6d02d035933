#!/usr/bin/env bash
# seqspan profile run when something bad happens to it: it says so and ends in time, what was measured
# before is on disk, whole, and nothing else is left.
#
#   profile_run_test.sh SEQSPAN stop|kill|launcher|parent|unplug|full_disk
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
folder=$(mktemp -d)
trap 'umount "$folder" 2>/dev/null; rm -rf "$folder"' EXIT
log=$folder/measured.log

# The log as it must be after the fault: readable, with both sizes that were over, and alone.
check_log() {
  "$seqspan" profile import "$log" --json >"$folder.json" 2>/dev/null || fail "the log cannot be read"
  rm "$folder.json"
  [ "$(ls "$folder")" = measured.log ] || fail "files are left: $(ls "$folder")"
}

# Two sizes that are over at once, then many that take a while: the fault comes in one of those.
sizes=1KiB,2KiB
for ((i = 16; i <= 64; i++)); do sizes+=,${i}MiB; done
run=("$seqspan" profile run -o "$log" --sizes "$sizes" --exchange-limit "${limit}s")
try() { "$here/fault.sh" "$fault" --when 'sendrecv.* 2 KiB:' --within $((limit + 5)) "$@" || exit 1; }
op="all_to_all|all_gather|all_reduce|reduce_scatter|ring_shift"

case $fault in
  stop)
    try --says "($op) .* of ranks 0, 1, 2, 3 has not ended within $limit s" --says 'no answer: rank 1$' \
      -- "${run[@]}" --ranks 4
    ;;
  kill)
    try --says "told to end \(SIGTERM\) during ($op) .* of ranks 0, 1, 2, 3" \
      --says 'no answer: rank 1$' --says 'signal 9 ended a rank' -- "${run[@]}" --ranks 4
    ;;
  launcher) try --says 'signal 9 ended a rank or mpirun' -- "${run[@]}" --ranks 4 ;;
  parent) try --says "told to end \(SIGTERM\) during ($op)" -- "${run[@]}" --ranks 4 ;;
  unplug)
    try --says "($op) .* of ranks 0, 1, 2 has not ended within $limit s" --says 'no answer: rank 1$' \
      -- "$cluster" run --hosts 3 --ranks-per-host 1 -- "${run[@]}"
    ;;
  full_disk)
    # One page: the log fits, and a second one beside it, while it is written, does not.
    mount -t tmpfs -o size=4k tmpfs "$folder" || fail "no tmpfs"
    message=$("${run[@]}" --ranks 2 2>&1)
    code=$?
    echo "full_disk: exit code $code"
    [ $code = 3 ] || fail "exit code $code, not 3: $message"
    grep -q 'the file cannot be written' <<<"$message" || fail "not said: $message"
    grep -q 'No space left on device' <<<"$message" || fail "not said: $message"
    ;;
  *) fail "no fault '$fault'" ;;
esac
check_log
