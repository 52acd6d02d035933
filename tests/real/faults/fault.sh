#!/usr/bin/env bash
# Runs a command that uses several ranks, does something bad to it in the middle, and checks how it ends.
#
#   fault.sh FAULT [OPTION...] -- COMMAND...
#
#   stop      SIGSTOP of a rank            launcher   SIGKILL of mpirun
#   kill      SIGKILL of a rank            parent     SIGTERM of COMMAND itself
#   unplug    the link of a rank's host goes down (a rank inside an emulated cluster)
#
#   --rank R          which rank, 1 unless given
#   --when REGEX      once COMMAND has printed this; required
#   --after SECONDS   so long after that; at once unless given
#   --within SECONDS  COMMAND must have ended that long after the fault; required
#   --exit CODE       with this exit code, 3 unless given
#   --says REGEX      having printed this; may be repeated
#
# No process may be left either. Exit code: 0 as it should be, 1 not, 2 wrong usage.
set -u

usage() {
  echo "fault.sh: $1"
  exit 2
}

fault=${1-} rank=1 when='' after=0 within='' expected=3 says=()
shift
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    --rank) rank=$2 ;;
    --when) when=$2 ;;
    --after) after=$2 ;;
    --within) within=$2 ;;
    --exit) expected=$2 ;;
    --says) says+=("$2") ;;
    *) usage "no option '$1'" ;;
  esac
  shift 2
done
if [ $# -lt 2 ] || [ -z "$when" ] || [ -z "$within" ]; then usage "needs --when, --within, -- COMMAND"; fi
shift

scratch=$(mktemp -d)
mark=SEQSPAN_FAULT_TEST=$scratch

# The processes that COMMAND started, by what they inherit; a zombie has no environment any more.
ours() {
  grep -lzsxF -- "$mark" /proc/[0-9]*/environ | cut -d/ -f3
}
ranks() {
  local pid
  for pid in $(ours); do
    grep -qzsx "OMPI_COMM_WORLD_RANK=$rank" "/proc/$pid/environ" && echo "$pid"
  done
}
launchers() {
  local pid
  for pid in $(ours); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = mpirun ] && echo "$pid"
  done
}
clean_up() {
  local pids
  pids=$(ours)
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -KILL $pids
  rm -rf "$scratch"
}
trap clean_up EXIT

fail() {
  echo "FAIL: $fault: $1"
  echo "--- printed:"
  cat "$scratch/out"
  exit 1
}

now() { date +%s%N; }
# Polls a condition; false after so many seconds.
eventually() {
  local end=$(($(now) + $1 * 1000000000))
  shift
  until "$@"; do
    [ "$(now)" -lt "$end" ] || return 1
    sleep 0.05
  done
}

: >"$scratch/out"
env "$mark" "$@" >"$scratch/out" 2>&1 &
command=$!
is_ready() { grep -qE -- "$when" "$scratch/out"; }
has_ended() { ! kill -0 $command 2>/dev/null; }
none_left() { [ -z "$(ours)" ]; }

eventually 60 is_ready || fail "'$when' was never printed"
sleep "$after"
case $fault in
  stop | kill) pids=$(ranks) ;;
  unplug) pids=$(ranks | head -n 1) ;;
  launcher) pids=$(launchers) ;;
  parent) pids=$command ;;
  *) usage "no fault '$fault'" ;;
esac
[ -n "$pids" ] || fail "no process to do it to"
start=$(now)
# shellcheck disable=SC2086
case $fault in
  stop) kill -STOP $pids ;;
  kill | launcher) kill -KILL $pids ;;
  parent) kill -TERM $pids ;;
  unplug) nsenter --target $pids --net ip link set eth0 down ;;
esac || fail "it could not be done"

eventually $((within + 20)) has_ended || fail "still runs $((within + 20)) s later"
passed=$((($(now) - start) / 1000000))
wait $command
code=$?
echo "$fault: exit code $code after $passed ms"
[ $code = "$expected" ] || fail "exit code $code, not $expected"
[ $passed -le $((within * 1000)) ] || fail "ended after $passed ms, not within $within s"
for text in "${says[@]}"; do
  grep -qE -- "$text" "$scratch/out" || fail "'$text' was not printed"
done
eventually 2 none_left || fail "processes are left: $(ours | xargs ps -o pid,stat,args -p)"
