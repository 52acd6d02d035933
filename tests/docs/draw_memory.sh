#!/usr/bin/env bash
# Draws memory by role of several layouts of one job against the memory of a GPU, as an SVG.
#
#   draw_memory.sh BINARY JOB LAYOUT... >picture.svg      from the root of the tree
#
# docs/pictures/memory.svg: see CMakeLists.txt beside this script.
set -u -o pipefail
binary=$1
job=$2
shift 2
export LC_ALL=C

# One line per layout: layout, capacity, bytes of each role (in the order of the report).
for layout in "$@"; do
  { "$binary" simulate "$job" --layout "$layout" --json 2>/dev/null || [ $? = 1 ]; } | awk -v layout="$layout" '
    function number(text) { sub(/.*: */, "", text); sub(/,.*/, "", text); return text }
    /"capacity_bytes"/ && capacity == "" { capacity = number($0) }
    /"by_role_bytes"/ && !seen { inside = 1; seen = 1; next }
    inside && /}/ { inside = 0 }
    inside { bytes = bytes "|" number($0) }
    END { if (!seen) exit 1; print layout "|" capacity bytes }' || exit 1
done | awk -F'|' -v job="$job" '
  { layout[NR] = $1; capacity = $2
    total[NR] = 0
    for (i = 3; i <= NF; ++i) { bytes[NR, i - 2] = $i; total[NR] += $i }
    if (total[NR] > most) most = total[NR] }
  function text(x, y, size, anchor, content, extra) {
    printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" %s>%s</text>\n",
           x, y, size, anchor, extra, content }
  function box(x, y, width, height, fill) {
    printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n",
           x, y, width, height, fill }
  END {
    GiB = 1024 * 1024 * 1024
    roles = split("parameters|gradients|optimizer state|saved activations|transient|" \
                  "communication buffers|runtime", name, "|")
    split("#4477aa|#66ccee|#228833|#ee6677|#ccbb44|#aa3377|#bbbbbb", color, "|")
    left = 20; width = 820; top = 100; row = 56; bottom = top + NR * row
    if (capacity > most) most = capacity
    scale = width / (most * 1.02)
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 960 %d\" ", bottom + 40
    print "font-family=\"Helvetica, Arial, sans-serif\">"
    print "<title>Peak memory of a GPU by role, per layout</title>"
    box(0, 0, 960, bottom + 40, "#ffffff")
    text(left, 26, 16, "start", "Peak memory of one GPU by role: " job, "font-weight=\"bold\"")
    x = left
    for (i = 1; i <= roles; ++i) {
      box(x, 44, 12, 12, color[i]); text(x + 17, 55, 13, "start", name[i], "")
      x += 17 + 7.1 * length(name[i]) + 16 }
    for (tick = 0; tick * GiB * scale <= width; tick += 20) {
      x = left + tick * GiB * scale
      printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#dddddd\"/>\n", x, top - 14, x, bottom
      text(x, bottom + 18, 12, "middle", tick " GiB", "") }
    for (r = 1; r <= NR; ++r) {
      y = top + (r - 1) * row
      text(left, y + 12, 13, "start", layout[r], "font-family=\"monospace\"")
      x = left
      for (i = 1; i <= roles; ++i) {
        box(x, y + 18, bytes[r, i] * scale, 22, color[i]); x += bytes[r, i] * scale }
      over = total[r] > capacity
      edge = left + capacity * scale
      printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#000000\" stroke-width=\"2\"/>\n",
             edge, y + 15, edge, y + 43
      # Beside the bar, and beyond the mark of the capacity where the two would touch.
      if (x < edge && x + 46 > edge) x = edge
      text(x + 6, y + 34, 13, "start", sprintf("%.1f%s", total[r] / GiB, over ? ", does not fit" : ""),
           over ? "fill=\"#aa0000\"" : "fill=\"#000000\"") }
    text(left + width, 84, 13, "end", sprintf("mark: memory of the GPU, %.1f GiB", capacity / GiB), "")
    print "</svg>" }'
