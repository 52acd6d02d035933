#!/usr/bin/env bash
# seqspan profile run when something bad happens to it: it says so and ends in time, what was measured
# before is on disk, whole, and nothing else is left.
#
#   profile_run_test.sh SEQSPAN FAULT
#
#   stop, kill                 a rank on this machine, and the same and
#   {stop,kill,unplug}_between_hosts   ... on an emulated cluster
#   launcher, parent           mpirun, seqspan itself
#   full_disk, wrong_input
# shellcheck source=tests/real/faults/preamble.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/preamble.sh"
log=$disk/measured.log

# Two sizes that are over at once, then many that take a while: the fault comes in one of those.
sizes=1KiB,2KiB
for ((i = 16; i <= 64; i++)); do sizes+=,${i}MiB; done
measure=("$seqspan" profile run -o "$log" --sizes "$sizes" --exchange-limit "${limit}s")
started=(--when 'sendrecv.* 2 KiB:')

case $fault in
  stop | kill | *_between_hosts)
    # One rank a host: the wire is what is measured.
    case $fault in *_between_hosts) ranks=3 ;; esac
    on_hosts 3 "${measure[@]}"
    try "${started[@]}" --says "($op) .* of ranks 0, 1, 2(, 3)? has not ended within $limit s" \
      --says 'no answer: rank 1$' -- "${command[@]}"
    ;;
  launcher) try "${started[@]}" --says 'signal 9 ended mpirun' -- "${measure[@]}" --ranks 4 ;;
  parent)
    try "${started[@]}" --says "told to end \(SIGTERM\) during ($op)" -- "${measure[@]}" --ranks 4
    ;;
  full_disk)
    run "${measure[@]}" --ranks 2 |
      expect 3 'the file cannot be written' 'No space left on device' || exit 1
    ;;
  wrong_input)
    # Once, though every rank finds it, and nothing is written.
    once() { # message, words of profile run...
      local expected=$1 message
      shift
      message=$(run mpirun --oversubscribe -n 2 "$seqspan" profile run -o "$log" "$@")
      expect 2 "^error: $expected" <<<"$message" || exit 1
      [ "$(grep -c '^error: ' <<<"$message")" = 1 ] || fail "not told once: $message"
      [ ! -e "$log" ] || fail "a log: $(cat "$log")"
    }
    once "seqspan profile has no option '--size'" --size 1KiB
    once "'none' is no size" --sizes none
    once "there is no such file" --job "$scratch/none.json"
    exit 0
    ;;
  *) fail "no fault '$fault'" ;;
esac

# The log as it must be after the fault: readable, with both sizes that were over, and alone.
"$seqspan" profile import "$log" --json >"$scratch/read.json" 2>/dev/null || fail "the log cannot be read"
[ "$(ls "$disk")" = measured.log ] || fail "files are left: $(ls "$disk")"
