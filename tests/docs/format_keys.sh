#!/usr/bin/env bash
# docs/formats/device.md names every key of a device profile that `seqspan schema device` knows.
#
#   device_keys.sh BINARY
set -u -o pipefail
page=docs/formats/device.md
# A property's name stands before an object that describes it.
keys=$("$1" schema device | grep -oE '"[a-z0-9_]+": \{' | tr -d '": {' |
  grep -vxE 'properties|items|additionalProperties|not|definitions|value|source' | sort -u)
[ -n "$keys" ] || { echo "no keys of the schema"; exit 1; }
failures=0
for key in $keys; do
  grep -q "\b$key\b" "$page" || { echo "$page does not name $key"; failures=1; }
done
exit $failures
