#!/usr/bin/env bash
# Builds the benchmark programs and runs them interleaved: the hand-written bound, Namesake, libtorch and Keras.
#   ./bench.sh          the tables: times, and ratios with their spread
#   ./bench.sh --quick  a tiny size; --help lists what else benchmarks/mlp/run.py takes
# A peer that cannot be installed is left out, and a line says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tools/steps.sh

{
  step "Packages"
  tools/install_packages.sh build test
  tools/install_packages.sh bench || echo "peers that are missing are left out"
  step "Build (preset release)"
  build release benchmarks
  step "Programs in rounds"
} >&2 # standard output is the result's alone
python3 benchmarks/mlp/run.py "$@"
step_done >&2
