#!/usr/bin/env bash
# Builds the benchmark programs and runs them interleaved: the hand-written bound, Namesake, libtorch and Keras.
#   ./bench.sh          the tables of every benchmark: times, and ratios with their spread
#   ./bench.sh conv     of one: mlp, conv, files
#   ./bench.sh --quick  a tiny size; --help lists what else benchmarks/*/run.py takes
# A peer that cannot be installed is left out, and a line says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tools/steps.sh

{
  step "Packages"
  tools/install_packages.sh build test
  tools/install_packages.sh bench || echo "peers that are missing are left out"
  if [[ " $* " != *" --python"* && " $* " != *" --skip "*keras* ]]; then
    prepare_venv || echo "Keras is left out: the packages of tests/interop/requirements.txt could not be installed (no network?)"
  fi
  step "Build (preset release)"
  build release benchmarks
  step "Programs in rounds"
} >&2 # standard output is the result's alone
benchmarks=(mlp conv files)
if [[ $# -gt 0 && -f benchmarks/$1/run.py ]]; then
  benchmarks=("$1")
  shift
fi
status=0
for benchmark in "${benchmarks[@]}"; do
  python3 "benchmarks/$benchmark/run.py" "$@" || status=$?
done
step_done >&2
exit $status
