# Sourced by run.sh, test.sh and bench.sh: headings with times, and a word on which step failed.
step_name=""
step_start=$SECONDS

# step HEADING: ends the step before, with its seconds, and begins the next.
step() {
  step_done
  step_name=$1
  step_start=$SECONDS
  printf '\n== %s\n' "$step_name"
}

step_done() {
  if [ -n "$step_name" ]; then printf -- '-- %d s\n' $((SECONDS - step_start)); fi
  step_name=""
}

on_exit() {
  local status=$?
  if [ $status -ne 0 ] && [ -n "$step_name" ]; then
    printf '\n** failed after %d s: %s\n' $((SECONDS - step_start)) "$step_name" >&2
  fi
}
trap on_exit EXIT

# build PRESET [TARGET...]: configures and builds; what the tools say is shown on a terminal or if they fail.
build() {
  local preset=$1 log
  shift
  mkdir -p "build/$preset"
  log=build/$preset/configure.log
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
  local quiet=()
  [ -t 1 ] || quiet=(-- --quiet)
  cmake --build --preset "$preset" --parallel "$(nproc)" ${1:+--target "$@"} "${quiet[@]}"
}

# prepare_venv: the virtual environment with real Keras (tests/interop/requirements.txt), made anew when the requirements change. Returns 1 if it cannot be made.
prepare_venv() {
  local wanted=tests/interop/requirements.txt python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  cmp -s "$wanted" .venv/installed.txt && return 0
  rm -rf .venv
  "$python" -m venv .venv || return 1
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --retries 2 --no-deps -r "$wanted" >.venv/pip.log 2>&1 || return 1
  cp "$wanted" .venv/installed.txt
}

if command -v ccache >/dev/null; then export CMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
