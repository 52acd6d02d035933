#!/usr/bin/env bash
# The page of a format names every key that `seqspan schema NAME` knows.
#
#   format_keys.sh BINARY NAME
set -u -o pipefail
page=docs/formats/$2.md
# A property's name stands before an object that describes it.
keys=$("$1" schema "$2" | grep -oE '"[a-z0-9_]+": \{' | tr -d '": {' |
  grep -vxE 'properties|items|additionalProperties|not|definitions|value|source' | sort -u)
[ -n "$keys" ] || { echo "no keys of the schema of $2"; exit 1; }
failures=0
for key in $keys; do
  grep -q "\b$key\b" "$page" || { echo "$page does not name $key"; failures=1; }
done
exit $failures
