# What the tests of faults have in common; sourced by them with their own arguments: SEQSPAN FAULT.
# Exits with 77 and a line where the machine cannot: no root, or no emulated cluster. Sets
#   seqspan, fault   the arguments
#   here, cluster    the folder of the tests, and the emulated cluster
#   limit            seconds that one exchange may take; 5 more are given to end
#   disk             a folder for results; of one page in full_disk. Removed at the end, as $scratch is.
#   op               how ops are named in messages
set -u
seqspan=$1 fault=$2
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cluster=$here/../cluster/emulated-cluster
limit=3
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 # for mpirun in the tests themselves
op="all_to_all|all_gather|all_reduce|reduce_scatter|ring_shift"

fail() {
  echo "FAIL: $1"
  exit 1
}

case $fault in
  full_disk)
    [ "$(id -u)" = 0 ] || { echo "not run: needs root, to mount a small disk"; exit 77; }
    [ -n "${SEQSPAN_SMALL_DISK-}" ] || SEQSPAN_SMALL_DISK=1 exec unshare --mount "$0" "$@"
    ;;
  *_between_hosts) "$cluster" probe || { echo "not run: needs an emulated cluster"; exit 77; } ;;
esac
scratch=$(mktemp -d)
disk=$scratch/disk
mkdir "$disk"
trap 'umount "$disk" 2>/dev/null; rm -rf "$scratch"' EXIT
if [ "$fault" = full_disk ]; then
  # One page: a file fits, and a second one beside it, while it is written, does not.
  mount -t tmpfs -o size=4k tmpfs "$disk" || fail "no tmpfs"
fi

# Runs a command that starts `ranks` ranks itself, on this machine or on several hosts.
ranks=4
on_hosts() { # hosts, command...
  local hosts=$1
  shift
  case $fault in
    *_between_hosts)
      set -- "$cluster" run --hosts "$hosts" --ranks-per-host $((ranks / hosts)) --launches -- "$@"
      ;;
  esac
  command=("$@" --ranks "$ranks")
}

# Does it to a rank in the middle, and checks the end.
try() { # options of fault.sh... -- command...
  "$here/fault.sh" "${fault%_between_hosts}" --within $((limit + 5)) "$@" || exit 1
}

# What ends badly by itself, on standard input as `run` prints it: with this code, saying all of these.
expect() {
  local code=$1 message text passed
  shift
  message=$(cat)
  passed=${message##*exit code }
  [ "$passed" = "$code" ] || fail "exit code $passed, not $code: $message"
  for text in "$@"; do
    grep -qE -- "$text" <<<"$message" || fail "'$text' was not printed: $message"
  done
  echo "$fault: exit code $code"
}
# Runs a command and prints what it prints and its exit code.
run() { timeout 60 "$@" 2>&1; echo "exit code $?"; }
