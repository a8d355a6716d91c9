#!/usr/bin/env bash
# Builds Namesake and runs its main job on real data: two digit classifiers, built, trained, saved and loaded in a loop.
#   ./run.sh     takes no options; it installs what is missing (Debian packages), and builds into build/release
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [ $# -gt 0 ]; then
  sed -n '2,3s/^# \{0,1\}//p' run.sh
  [ "$1" = --help ] && exit 0 || exit 2
fi
source tools/steps.sh

step "Packages"
tools/install_packages.sh build
step "Build (preset release)"
build release example_digits namesake_command
step "Two classifiers in a loop"
build/release/bin/example_digits data/digits.npz
step_done

cat <<'TEXT'

Try next:
  build/release/bin/namesake inspect model_0                    the names, shapes and sizes in the SavedModel, and its signatures
  build/release/bin/namesake summary model_0                    the model as Keras prints it
  build/release/bin/namesake train model_0 --data data/digits.npz --epochs 5 -o better.keras
  python3 -c "import tensorflow as tf; print(tf.saved_model.load('model_0').variables)"    where TensorFlow is installed
  ./test.sh                                                     all tests, those against real Keras included
TEXT
