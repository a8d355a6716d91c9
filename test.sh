#!/usr/bin/env bash
# Builds everything and runs every test, those against real Keras included.
#   ./test.sh          preset release, then tests/interop with Keras in the project's own .venv
#   ./test.sh --asan   the tests under AddressSanitizer and UndefinedBehaviorSanitizer
#   ./test.sh --tsan   the tests with threads under ThreadSanitizer
#   ./test.sh --clang  the library, the command, the examples and the benchmarks compiled by clang
#   ./test.sh --fuzz   the readers against mutated files (libFuzzer), each for 20 seconds
#   ./test.sh --all    all of these
# With NAMESAKE_KERAS2_PYTHON set to a Python that has TensorFlow 2.15, files are tried with Keras 2 as well.
# Without a network the tests against Keras are skipped, and a line says so; with CI set that is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source tools/steps.sh

parts=()
skipped=""
for option in "$@"; do
  case $option in
    --asan | --tsan | --clang | --fuzz) parts+=("${option#--}") ;;
    --all) parts=(release interop asan tsan clang fuzz) ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; [ "$option" = --help ] && exit 0 || exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(release interop)

has() { [[ " ${parts[*]} " == *" $1 "* ]]; }

run_ctest() { ctest --preset "$1" --parallel "$(nproc)" --no-tests=error "${@:2}"; }

interop() {
  if ! prepare_venv; then
    [ -f .venv/pip.log ] && tail -n 1 .venv/pip.log
    if [ -n "${CI:-}" ]; then
      echo "tests/interop could not run: its Python packages could not be installed" >&2
      return 1
    fi
    skipped=" The tests against real Keras were skipped."
    echo "SKIPPED: the tests against real Keras; the packages of tests/interop/requirements.txt could not be installed (no network?)"
    return 0
  fi
  NAMESAKE_BIN=$PWD/build/release/bin .venv/bin/python -m pytest -q -p no:cacheprovider -n auto --maxprocesses 4 --dist worksteal tests/interop
}

step "Packages"
purposes=(build)
if has release || has interop; then purposes+=(test); fi
if has clang || has fuzz; then purposes+=(clang); fi
tools/install_packages.sh "${purposes[@]}"

if has release; then
  step "Build (preset release)"
  build release
  step "Tests"
  run_ctest release
fi
if has interop; then
  step "Tests against real Keras"
  interop
fi
if has asan; then
  step "Build (preset asan)"
  build asan
  step "Tests under AddressSanitizer and UndefinedBehaviorSanitizer"
  run_ctest asan
fi
if has tsan; then
  threaded=(base_test naming_test tensor_test formats_test ops_test autodiff_test nn_test)  # the modules with threads
  step "Build (preset tsan)"
  build tsan "${threaded[@]}"
  step "Tests under ThreadSanitizer"
  run_ctest tsan -R "^($(IFS='|'; echo "${threaded[*]}"))\$"
fi
if has clang; then
  step "Build with clang (preset clang)"
  build clang cli/all examples/all benchmarks/all
fi
if has fuzz; then
  step "Build with libFuzzer (preset fuzz)"
  build fuzz
  step "Mutated files"
  tools/fuzz.sh 20
fi
step_done
printf '\nAll passed in %d s.%s\n' "$SECONDS" "$skipped"
