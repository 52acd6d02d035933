#!/usr/bin/env bash
# The emulated cluster itself: hosts, exit code, wrong usage, two at once, nothing left however it ends.
# Exit code 77: this machine cannot; one line says why.
set -u
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cluster=$here/emulated-cluster

failed=0
expect() { # what, expected, actual
  [ "$2" = "$3" ] || {
    printf 'FAIL: %s: expected\n%s\ngot\n%s\n' "$1" "$2" "$3"
    failed=1
  }
}
code_of() {
  "$@" >/dev/null 2>&1
  echo $?
}

# Said without root too.
expect "65 hosts" 2 "$(code_of "$cluster" run --hosts 65 -- true)"
expect "a rate without unit" 2 "$(code_of "$cluster" run --rate 400 -- true)"
expect "no command" 2 "$(code_of "$cluster" run --hosts 2)"
if [ "$(id -u)" = 0 ]; then
  expect "not root" "emulated-cluster: needs root, to make network namespaces" \
    "$(setpriv --reuid 65534 --clear-groups "$cluster" probe 2>&1)"
fi
"$cluster" probe || { echo "not run: needs an emulated cluster"; exit $((failed ? 1 : 77)); }

links=$(ip -o link)
mark=SEQSPAN_CLUSTER_TEST=$$
ours() { grep -lzsxF -- "$mark" /proc/[0-9]*/environ | cut -d/ -f3; }
expect_nothing_left() {
  local i
  for ((i = 0; i < 40; i++)); do
    [ -n "$(ours)" ] || break
    sleep 0.05
  done
  expect "$1: processes left" "" "$(ours)"
  expect "$1: links left" "$links" "$(ip -o link)"
  expect "$1: namespaces left" "" "$(ip netns list)"
}
run() { env "$mark" "$cluster" run "$@"; }

# shellcheck disable=SC2016
where='echo $OMPI_COMM_WORLD_RANK $(hostname) $(ip -o -4 address show eth0 | cut -d" " -f7)'
expect "ranks host by host" \
  "0 host1 10.77.0.1/24
1 host1 10.77.0.1/24
2 host2 10.77.0.2/24
3 host2 10.77.0.2/24" "$(run --hosts 2 -- sh -c "$where" 2>/dev/null | sort)"
expect_nothing_left "after a run"
expect "the command's exit code" 5 "$(code_of run --hosts 2 -- sh -c 'exit 5')"
expect_nothing_left "after a failure"

# Two at once, with the same names and addresses.
run --hosts 2 -- hostname >/dev/null 2>&1 &
expect "two at once" 0 "$(code_of run --hosts 3 -- hostname)"
wait $!
expect "the other of two" 0 $?
expect_nothing_left "after two at once"

# Not before its ranks are there, so that there is something to take away.
for signal in TERM KILL; do
  env "$mark" "$cluster" run --hosts 2 -- sleep 1000 >/dev/null 2>&1 &
  for ((i = 0; i < 200; i++)); do
    [ "$(ours | xargs -I{} cat /proc/{}/comm 2>/dev/null | grep -c sleep)" -lt 4 ] || break
    sleep 0.05
  done
  expect "ranks before SIG$signal" 4 "$(ours | xargs -I{} cat /proc/{}/comm 2>/dev/null | grep -c sleep)"
  kill -$signal $!
  wait $! 2>/dev/null
  expect_nothing_left "after SIG$signal"
done
exit $failed
