#!/usr/bin/env bash
# Runs the fuzz targets of the preset fuzz, which must be built, and fails on a finding.
#   tools/fuzz.sh SECONDS [TARGET...]      each for so long, as many at once as there are cores; the same mutations every time
#   tools/fuzz.sh -runs=N [TARGET...]      each until it was executed N times
# What a run learns stays in build/fuzz/corpus, a finding in build/fuzz/findings; fuzz/CMakeLists.txt has the targets.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
limit=${1:?"seconds, or -runs=N"}
shift
[[ $limit == -* ]] || limit="-seed=1 -max_total_time=$limit"
build=$PWD/build/fuzz
targets=("$@")
[ $# -gt 0 ] || for program in "$build"/bin/fuzz_*; do targets+=("${program##*/fuzz_}"); done
python3 tools/make_fuzz_seeds.py "$build/seeds" >/dev/null

fuzz_one() {
  local build=$1 limit=$2 target=$3 log status=0 longest
  log=$build/$target.log
  mkdir -p "$build/corpus/$target" "$build/findings"
  longest=$(find "$build/seeds/$target" -type f -printf '%s\n' | sort -n | tail -n 1)
  "$build/bin/fuzz_$target" $limit -max_len="$((longest + longest / 4))" -timeout=5 -rss_limit_mb=512 -malloc_limit_mb=256 \
    -print_final_stats=1 -verbosity=1 -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "$build/seeds/$target" >"$log" 2>&1 || status=$?
  awk -v target="$target" '/number_of_executed_units/ {n = $2} /average_exec_per_sec/ {speed = $2} /peak_rss_mb/ {memory = $2}
       END {printf "%-6s %10d executions, %6d a second, at most %d MB\n", target, n, speed, memory}' "$log"
  [ $status -eq 0 ] && return
  grep -v '^#' "$log" | tail -n 40
  return 1
}
export -f fuzz_one
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz_one "$@"' _ "$build" "$limit" {}
