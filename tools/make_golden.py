#!/usr/bin/env python3
"""Writes tests/golden: the numbers and files that real Keras and TensorFlow give, for the C++ tests to compare with.

Run by hand, never by the build, with the versions of tests/interop/requirements.txt:

    python tools/make_golden.py            # everything
    python tools/make_golden.py ops models # parts of it

Each part is a module of tools/golden; tests/golden/manifest.json says what made the files.
"""

import argparse
import importlib
import json
import os
import pathlib
import platform
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

PARTS = ("ops", "part_ops", "activations", "losses", "metrics", "training", "optimizers", "models", "digits", "summaries",
         "layers",
         "keras_ops",
         "conv_layers",
         "recurrent_layers",
         "attention_layers",
         "wrappers",
         "image_ops",
         "graph_ops",
         "callbacks",
         "fits",
         )
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))


def write_manifest(folder):
    import h5py
    import keras
    import numpy
    import tensorflow

    (folder / "manifest.json").write_text(json.dumps({
        "command": "python tools/make_golden.py",
        "python": platform.python_version(),
        "tensorflow": tensorflow.__version__,
        "keras": keras.__version__,
        "numpy": numpy.__version__,
        "h5py": h5py.__version__,
        "machine": platform.machine(),
        "parts": list(PARTS),
    }, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is given")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "tests" / "golden")
    arguments = parser.parse_args()
    for part in arguments.parts:
        if part not in PARTS:
            parser.error(f"no part is called {part!r}")

    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for part in arguments.parts or PARTS:
        size = importlib.import_module(f"golden.{part}").make(arguments.output)
        print(f"{part:12} {size:>9,} bytes")
    write_manifest(arguments.output)


if __name__ == "__main__":
    main()
