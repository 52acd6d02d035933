#!/usr/bin/env bash
# The table of docs/models/frameworks.md against sim/lower/framework_traits.cpp: every trait that is
# true or false there stands in the table, as yes or no, under its framework.
#
#   traits.sh        from the root of the tree
set -u
code=sim/lower/framework_traits.cpp
page=docs/models/frameworks.md
differences=$(diff <(awk '
    /^constexpr FrameworkTraits k/ { name = tolower($3); sub(/^k/, "", name); sub(/\{$/, "", name) }
    name != "" && $1 ~ /^\./ && ($3 == "true," || $3 == "false,") {
      print name, substr($1, 2), $3 == "true," ? "yes" : "no"
    }
    /^};/ { name = "" }' $code | sort) \
  <(awk -F' *[|] *' '
    $2 == "trait" { for (i = 3; i <= NF; ++i) column[i] = $i; next }
    $2 ~ /^`[a-z_0-9]+`$/ {
      trait = substr($2, 2, length($2) - 2)
      for (i = 3; i <= NF; ++i) if ($i == "yes" || $i == "no") print column[i], trait, $i
    }' $page | sort))
if [ -n "$differences" ]; then
  printf '< %s\n> %s\n%s\n' $code $page "$differences"
  exit 1
fi
