#!/usr/bin/env bash
# A search on a terminal: a bar is drawn on standard error and taken away again, Ctrl-C answers with
# the best so far, and where standard error is no terminal nothing is drawn.
#
#   terminal.sh BINARY        script(1), of bsdutils, is the terminal
set -u -o pipefail
binary=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export BINARY=$binary TERM=xterm LC_ALL=C.UTF-8
unset NO_COLOR CLICOLOR_FORCE FORCE_COLOR
failures=0
check() { # WHAT COMMAND...
  local what=$1
  shift
  "$@" && return
  echo "FAILED: $what"
  failures=$((failures + 1))
}
lacks() { ! grep -q "$@"; }

# Standard output goes to NAME.out, standard error to the terminal, whose screen is kept in NAME. What
# is written to descriptor 3 is typed.
begin() { # NAME WORD...
  local name=$1
  shift
  mkfifo "$scratch/$name.keys"
  script --quiet --flush --return --command "exec taskset --cpu-list $cpu \"\$BINARY\" $* >$scratch/$name.out" "$scratch/$name" \
    <"$scratch/$name.keys" >/dev/null &
  exec 3>"$scratch/$name.keys"
}
code_of() {
  wait $!
  code=$?
  exec 3>&-
}
until_bar() {
  for _ in $(seq 600); do
    grep -q searching "$scratch/$1" 2>/dev/null && return
    sleep 0.05
  done
}
# What is left on the screen: what follows the last time that the line was erased.
left() { tr -d '\r' <"$scratch/$1" | sed "s/.*\x1b\[K//" | grep -v '^Script '; }

# Seconds on any machine: every layout of 16,384 GPUs, on one core of those that this may run on.
cpu=$(taskset --cpu-list --pid $$ | sed 's/.*: *\([0-9]*\).*/\1/')
job="configs/jobs/qwen3-235b-128k.json --set cluster.nodes=2048 --set training.global_batch_size=16384"
search="plan $job --also head_groups --also ulysses_in_node --also etp --also offload"

begin whole "$search --summary"
code_of
check "exit code of a whole search" test $code = 0
check "a bar is drawn" grep -q $'\r\x1b\[Ksearching  *[0-9]* %  ' "$scratch/whole"
check "the bar is taken away" lacks searching <(left whole)
check "and leaves how long it took" grep -q '^searched in ' <(left whole)
check "the answer is on standard output" grep -q '^Best: ' "$scratch/whole.out"
check "without the bar" lacks searching "$scratch/whole.out"

begin stopped "$search --json"
until_bar stopped
(printf '\003' >&3) 2>/dev/null # a search that has ended reads nothing
code_of
check "exit code after Ctrl-C: that of the answer" test $code = 0
check "a warning says so" grep -q 'interrupted: this is the best of what was seen, not of all' <(left stopped)
check "the bar is taken away after Ctrl-C" lacks searching <(left stopped)
check "the JSON says so" grep -q '^  "complete": false,' "$scratch/stopped.out"
check "and has the best so far" grep -q '"step_seconds"' "$scratch/stopped.out"

# Where standard error is a file, the whole of it is a line.
"$binary" $search --summary >/dev/null 2>"$scratch/messages"
check "nothing is drawn without a terminal" lacks -e searching -e $'\x1b' -e $'\r' "$scratch/messages"

exit $((failures > 0))
