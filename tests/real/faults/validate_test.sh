#!/usr/bin/env bash
# seqspan validate --time when something bad happens to it: it says so and ends in time, what was
# validated before is on disk, whole, and nothing else is left.
#
#   validate_test.sh SEQSPAN FAULT
#
#   stop, kill                 a rank on this machine, and the same and
#   {stop,kill,unplug}_between_hosts   ... on an emulated cluster
#   launcher                   an mpirun that starts nothing
#   full_disk, slow_disk, different_plans, too_many, wrong_input, out_of_memory
# shellcheck source=tests/real/faults/preamble.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/preamble.sh"
csv=$disk/ops.csv

# A plan of four ranks, on two hosts of two.
cp -r "$here/../cluster/validation/." "$scratch"
sed -i 's/"nodes": 4/"nodes": 2/' "$scratch/cluster.json"
plan=(validate "$scratch/job.json" --set training.sequence_length=1024 --layout "ulysses=2,ring=2")
# Long enough for the fault to come in the layer; hosts with a network between them take longer for each.
case $fault in *_between_hosts) repetitions=60 ;; *) repetitions=600 ;; esac
long=("${plan[@]}" --time --repetitions $repetitions --exchange-limit "${limit}s" --csv "$csv")

# The parts that were over, each op with its bytes, and no other file.
check_csv() {
  [ "$(ls "$disk")" = ops.csv ] || fail "files are left: $(ls "$disk")"
  awk -F, 'NR == 1 { columns = NF } NF != columns { bad = 1 } END { exit bad || NR < 2 }' "$csv" ||
    fail "the table is not whole: $(cat "$csv")"
}

case $fault in
  stop | kill | *_between_hosts)
    on_hosts 2 "$seqspan" "${long[@]}"
    # Which op is told depends on where the fault comes; the rank is named whichever it is. With its
    # host off the network, the other one of that host is gone too, and may be the one that is awaited.
    gone=2
    [ "$fault" != unplug_between_hosts ] || gone='(2|3|2, 3)'
    try --when '^embedding: done' --rank 2 --says "($op) .* of ranks .* has not ended within $limit s" \
      --says "no answer[a-z ]*: ranks? $gone$" -- "${command[@]}"
    check_csv
    ;;
  launcher)
    # One rank says that it runs, as all do; the other never does.
    printf '#!/bin/sh\nprintf "\\036here\\n" >&2\nexec sleep 1000\n' >"$scratch/mpirun"
    chmod +x "$scratch/mpirun"
    PATH=$scratch:$PATH
    run "$seqspan" "${plan[@]}" --time --exchange-limit "${limit}s" --ranks 2 |
      expect 3 'mpirun has not started 2 ranks within 30 s' '1 of them said' || exit 1
    ;;
  full_disk)
    head -c 4096 /dev/zero >"$disk/other"
    run "$seqspan" "${plan[@]}" --time --repetitions 2 --csv "$csv" --ranks 4 |
      expect 3 'the file cannot be written' 'No space left on device' || exit 1
    ;;
  slow_disk)
    # Rank 0 still writes its table when the others need new groups: a pipe that nobody reads takes for
    # ever. 4 ranks of a plan of 8 have all of them together first, then groups of 2.
    mkfifo "$csv"
    run "$seqspan" validate "$here/../cluster/validation/job.json" --set training.sequence_length=1024 \
      --layout "ulysses=2,ring=4" --time --exchange-limit "${limit}s" --csv "$csv" --ranks 4 |
      expect 3 '^embedding: done' "($op) .* has not ended within $limit s" 'no answer: rank 0$' || exit 1
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
  out_of_memory)
    # Rank 2 may have less than the layer needs: 64K tokens make tensors of 16 to 64 MiB. What ends
    # so has no answer, not half of one.
    large=("$seqspan" "${plan[@]}" --set training.sequence_length=65536 --time --json --csv "$csv")
    run sh -c 'answer=$1; shift; exec "$@" >"$answer"' apart "$scratch/answer" \
      mpirun --oversubscribe -n 2 "${large[@]}" : \
      -n 1 sh -c 'ulimit -v '"${SEQSPAN_LEAST_MEMORY:-800000}"'; exec "$@"' limited "${large[@]}" : \
      -n 1 "${large[@]}" |
      sed '/^-----/,/^-----/d' |
      expect 3 'out of memory: .* bytes of host memory' "at rank 2, tensor '.*' of .*, op '" || exit 1
    [ ! -s "$scratch/answer" ] || fail "an answer: $(cat "$scratch/answer")"
    check_csv
    ;;
  wrong_input)
    # Once, though every rank finds it.
    message=$(run mpirun --oversubscribe -n 4 "$seqspan" "${plan[@]}" --set training.sequence_length=7 --time)
    expect 2 '^error: .*sequence' <<<"$message" || exit 1
    [ "$(grep -c '^error: ' <<<"$message")" = 1 ] || fail "not told once: $message"
    message=$(run mpirun --oversubscribe -n 4 "$seqspan" "${plan[@]}" --tim)
    expect 2 "^error: seqspan validate has no option '--tim'" <<<"$message" || exit 1
    [ "$(grep -c '^error: ' <<<"$message")" = 1 ] || fail "not told once: $message"
    # Only a later rank has it wrong.
    run mpirun --oversubscribe -n 1 "$seqspan" "${plan[@]}" --time : -n 1 "$seqspan" "${plan[@]}" --tim |
      expect 2 "^error: seqspan validate has no option '--tim'" || exit 1
    # srun itself names the tasks that fail, and ends none of the others.
    run env SLURM_NTASKS=2 SLURM_PROCID=0 "$seqspan" "${plan[@]}" --tim |
      expect 2 "^error: seqspan validate has no option '--tim'" || exit 1
    message=$(run env SLURM_NTASKS=2 SLURM_PROCID=1 "$seqspan" "${plan[@]}" --tim)
    [ "$message" = "exit code 2" ] || fail "not told once: $message"
    ;;
  *) fail "no fault '$fault'" ;;
esac
